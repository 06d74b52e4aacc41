"""Options, and the snapshot of contract and fixtures that is served: loading, watching, reloading."""
