"""Proves that a change is compatible, or finds a witness that it breaks clients."""
