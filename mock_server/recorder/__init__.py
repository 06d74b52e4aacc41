"""The recording proxy: forwards requests to the real service and saves its replies as fixtures for the mock."""
