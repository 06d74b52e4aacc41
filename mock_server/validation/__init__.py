"""Parses and validates request bodies, and builds FastAPI's error details."""
