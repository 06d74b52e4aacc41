"""Finds a value that one schema allows and another refuses."""
