"""Serves the mock: ports, TLS, signals and the adapters to the HTTP server."""
