"""Reads and simplifies schemas, and keeps the place of each in its document."""
