"""Turns a request into a response, and records it in the journal."""
