"""Reads OpenAPI documents: where they come from, their references, their shape."""
