"""Attacks by an outsider, who knows the README and the documentation: each names what it expects."""
