"""Judges changes to an OpenAPI description: what breaks clients, where, why, and a witness for each verdict."""
