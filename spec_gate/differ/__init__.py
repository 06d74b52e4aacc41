"""Compares two documents and returns typed changes without a verdict."""
