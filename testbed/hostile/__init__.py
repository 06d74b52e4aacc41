"""Requests that are out to do harm: ``python -m testbed.hostile`` sends 20,000 to a mock and looks at every answer."""
