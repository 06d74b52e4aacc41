"""Finds what differs between two documents, as facts without a verdict."""
