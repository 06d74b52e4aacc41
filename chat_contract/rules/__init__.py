"""The rules: one function for each clause, in one module for each group of clauses."""
