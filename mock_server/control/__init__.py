"""The control API under /_mock/, the console and the pages."""
