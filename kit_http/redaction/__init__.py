"""Removes credentials from everything that the kit writes."""
