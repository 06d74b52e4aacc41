"""The impact of a change: affected consumers, fixtures, examples and clauses. It never changes a verdict."""
