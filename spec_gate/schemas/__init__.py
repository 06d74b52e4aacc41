"""Schemas as the gate compares them: read by their own version, in one form, with the place that each came from."""
