"""Rule tables: name, level, reason and hint for each kind of change."""
