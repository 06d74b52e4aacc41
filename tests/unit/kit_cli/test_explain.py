"""``chat-contract explain``: every clause has an explanation, and its exchange violates the clause."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from chat_contract import Contract, History, load_contract
from chat_contract.conformance import examine, find_violations, update_history
from chat_contract.explanations import load_explanations
from kit_cli.main import cli

CONTRACT: Contract = load_contract()
EXPLANATIONS = load_explanations()


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments])


def test_every_clause_is_explained() -> None:
    assert list(EXPLANATIONS) == list(CONTRACT.clauses)


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_shown_exchange_violates_the_clause(name: str) -> None:
    history, explanation = History(), EXPLANATIONS[name]
    for exchange in explanation.before:
        update_history(history, examine(CONTRACT, exchange, history))
    found = {violation.clause for violation in find_violations(examine(CONTRACT, explanation.exchange, history))}
    assert name in found


@pytest.mark.parametrize("name", EXPLANATIONS)
def test_explanation_names_requirement_exchange_and_fixes(name: str) -> None:
    result = explain(name)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{name} (")
    for part in ("An exchange that violates it:", "→ ", "To fix it: ", "In FastAPI: "):
        assert part in result.stdout


def test_clauses_are_listed_without_an_argument() -> None:
    result = explain()
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(CONTRACT.clauses)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("limit.aksed", "Did you mean limit.asked"),
        ("Reply.Items", "Did you mean reply.items"),
        ("kept", "Did you mean conversation.kept?"),
        ("xyz", "Run chat-contract explain to list all clauses."),
    ],
)
def test_unknown_clause_exits_with_two_and_suggests_similar_ones(name: str, hint: str) -> None:
    result = explain(name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f'cannot explain: unknown clause "{name}". {hint}' in result.stderr
