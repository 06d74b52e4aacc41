"""Options, and the snapshot of contract and fixtures: loading, watching, status."""
