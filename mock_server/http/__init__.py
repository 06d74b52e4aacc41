"""Requests and responses as plain values, body reading, CORS and fault injection; shared by both adapters."""
