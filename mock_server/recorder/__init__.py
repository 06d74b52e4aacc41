"""Records the real service: a proxy that judges every exchange and keeps it as fixtures for the mock."""
