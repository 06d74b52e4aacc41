"""Derives the plan from the contract: fields, types, limits and examples all come from there."""
