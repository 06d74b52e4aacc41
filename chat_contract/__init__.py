"""Reads the contract of POST /chat and judges one interaction by it."""
