"""Overrides of the normal response: rules, the Prefer header, delays."""
