"""Severity: the level of each finding, as a preset or a team's own file sets it."""
