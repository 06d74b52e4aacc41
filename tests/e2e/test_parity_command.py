"""``chat-contract parity``: servers that respond alike, servers that differ, and failures to compare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from chat_verifier.findings.parity import DifferenceKind
from kit_cli.commands.parity import parity
from testbed.ports import free_port
from tests.support.mock import Running, start
from tests.support.small_servers import Seen, always, answering

FEW = ("--max-requests", "60")


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(parity, [*arguments], env=env)


@pytest.fixture(scope="module")
def mock_with() -> Iterator[Callable[..., str]]:
    running: list[Running] = []

    def base_url(*options: str) -> str:
        running.append(start(*options))
        return running[-1].url.removesuffix("/chat")

    yield base_url
    for one in running:
        one.stop()
        one.process.stdout.close()


@pytest.fixture(scope="module")
def documented(mock_with: Callable[..., str]) -> str:
    return mock_with()


def test_server_is_like_itself(documented: str) -> None:
    result = run(documented, documented)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("EQUAL")


def test_other_answer_to_an_open_question_explains_the_other_differences(
    documented: str, mock_with: Callable[..., str]
) -> None:
    result = run(documented, mock_with("--latitude", "forbid"), "--json")
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)["differences"]
    assert {row["kind"] for row in found} == {DifferenceKind.OPEN_QUESTION}
    assert (["unknown-property"], ["accepted"], ["rejected"]) in [(row["about"], row["a"], row["b"]) for row in found]


@pytest.mark.parametrize("body", [b"<html>", b"[" * 2000 + b"]" * 2000, b"[1]"])
def test_response_without_a_reply_differs_from_a_reply(documented: str, body: bytes) -> None:
    with answering(lambda _: (200, {"Content-Type": "application/json"}, body)) as broken:
        result = run(documented, broken.url, "--max-requests", "2", "--json")
    assert result.exit_code == 1, result.output
    [found] = json.loads(result.stdout)["differences"]
    assert (found["kind"], found["about"], found["a"], found["b"]) == (DifferenceKind.FIELDS, [""], ["object"], [])


def rejecting_all(seen: Seen) -> tuple[int, dict[str, str], bytes]:
    """Reject every request with a valid error about a field that was not sent."""
    body = {"detail": [{"loc": ["body", "elsewhere"], "msg": "no", "type": "other"}]}
    return 422, {"Content-Type": "application/json"}, json.dumps(body).encode()


def replying_with_other_types(seen: Seen) -> tuple[int, dict[str, str], bytes]:
    body = {"conversation_id": "c", "message": 5, "items": [{"item_id": "x", "price": 9.5}], "extra": None}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def test_status_and_error_locations_are_compared(documented: str) -> None:
    with answering(rejecting_all) as other:
        result = run(documented, other.url, *FEW)
    assert result.exit_code == 1, result.output
    assert result.stdout.startswith("DIFFERENT")
    for word in ("status", "200", "422", "error locations", "body.elsewhere"):
        assert word in result.output


def test_fields_of_replies_and_their_types_are_compared(documented: str) -> None:
    with answering(replying_with_other_types) as other:
        found = json.loads(run(documented, other.url, *FEW, "--json").stdout)["differences"]
    fields = {row["about"][0]: (row["a"], row["b"]) for row in found if row["kind"] == DifferenceKind.FIELDS}
    assert fields["/message"] == (["string"], ["integer"])
    assert fields["/items/*/price"] == (["string"], ["number"])
    assert fields["/items/*/title"] == (["string"], [])
    assert fields["/extra"] == ([], ["null"])


@pytest.mark.parametrize(
    ("url", "says"),
    [("nowhere", "Invalid base URL"), ("http://u:p@127.0.0.1:1", "user name"), ("ftp://x", "Invalid base URL")],
)
def test_invalid_base_url_cannot_be_compared(documented: str, url: str, says: str) -> None:
    for pair in ((documented, url), (url, documented)):
        result = run(*pair, *FEW)
        assert result.exit_code == 2
        assert says in result.stderr


def test_unreachable_or_unauthorized_server_cannot_be_compared(documented: str) -> None:
    away = run(documented, f"http://127.0.0.1:{free_port()}/v1", *FEW)
    assert (away.exit_code, "cannot compare" in away.stderr) == (2, True)
    with always(401) as other:
        assert run(documented, other.url, *FEW).exit_code == 2


def test_each_server_gets_its_own_key_and_no_key_is_shown(mock_with: Callable[..., str]) -> None:
    first, second = mock_with("--require-key", "first-key"), mock_with("--require-key", "second-key")
    keys = ("--header-a", "Authorization: Bearer first-key", "--key-env-b", "SECOND")
    result = run(first, second, *keys, *FEW, env={"SECOND": "second-key"})
    assert result.exit_code == 0, result.output
    wrong = run(first, second, "--header-b", "X-API-Key: second-key", *FEW)
    assert wrong.exit_code == 2
    assert "second-key" not in wrong.output
    assert run(first, second, "--key-env-a", "NOT_THERE").exit_code == 2
