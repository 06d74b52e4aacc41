"""The command line; nobody imports it."""
