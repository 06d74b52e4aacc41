"""Turns requests into responses, records them in the journal, and reloads the snapshot."""
