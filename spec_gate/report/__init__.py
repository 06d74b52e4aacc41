"""Reports of a comparison: the report model, and one renderer for each format."""
