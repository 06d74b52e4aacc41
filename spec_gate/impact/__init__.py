"""Who is hit: the fixtures, examples, clauses and consumers that a change touches. Never changes a verdict."""
