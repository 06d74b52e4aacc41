"""Removal of credentials from everything that the kit writes."""
