"""``chat-contract explain``: what a clause means, and how to fix a server that violates it."""

from __future__ import annotations

import difflib

import click

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame

_MOST_SUGGESTIONS = 3


@click.command(cls=Command, cannot="explain")
@click.argument("clause", required=False)
def explain(clause: str | None) -> ExitCode:
    """Explain CLAUSE: what it requires and why, an exchange that violates it, and how to fix a server.

    Without CLAUSE, list all clauses.

    Exit codes: 0 (explained), 2 (unknown clause).
    """
    from chat_contract.loading import load_clauses
    from kit_cli.screen.explanation import render_explanation

    clauses = load_clauses()
    if clause is None:
        width = max(map(len, clauses))
        lines = [f"{one.id:<{width}}  {one.level:<8}  {one.requirement}" for one in clauses.values()]
        current_frame().report("\n".join(lines))
        return ExitCode.OK
    if clause not in clauses:
        raise _unknown(clause, list(clauses))
    from chat_contract.explanations import load_explanations

    current_frame().report(render_explanation(clauses[clause], load_explanations()[clause]))
    return ExitCode.OK


def _unknown(name: str, known: list[str]) -> Exception:
    from chat_contract.errors import UsageError

    in_group = [one for one in known if one.partition(".")[2] == name or one.partition(".")[0] == name]
    found = difflib.get_close_matches(name.lower(), known, n=_MOST_SUGGESTIONS, cutoff=0.6) or in_group
    hint = f"Did you mean {', '.join(found)}?" if found else "Run chat-contract explain to list all clauses."
    return UsageError(f'unknown clause "{name}". {hint}')
