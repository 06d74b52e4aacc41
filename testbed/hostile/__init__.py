"""Hostile requests and slow clients: ``python -m testbed.hostile`` sends them to a mock and checks every response."""
