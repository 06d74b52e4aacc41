"""The server under test: how it is reached and probed."""
