"""Requests that are out to do harm: ``python -m tests.hostile`` sends 20,000 to a mock and looks at every answer."""
