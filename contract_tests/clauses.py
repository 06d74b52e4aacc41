"""Which clauses there are, for the modules of tests: each test is about one clause, and its id is the clause's."""

from __future__ import annotations

from chat_contract.contract import load_clauses


def clauses_of(*groups: str) -> list[str]:
    """Return the ids of the clauses of these groups, in the order of ``openapi/clauses.yaml``."""
    return [name for name, clause in load_clauses().items() if clause.group in groups]
