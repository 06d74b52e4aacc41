"""The fixture ``chat_mock``, used in a small project that pytest runs in a subprocess."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from chat_mock import ChatMock, serve_mock
from tests.support.nested_pytest import pytest_in
from tests.support.waiting import PATIENCE

HEAD = """
import json, urllib.error, urllib.request

def say(mock, **fields):
    request = urllib.request.Request(
        mock.url + "/chat", json.dumps({"message": "hi", **fields}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
"""

OPTIONS = 'import pytest\n@pytest.fixture(scope="session")\ndef chat_mock_options(): return {}\n'

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs pytest on a project with the given tests. Warnings are errors."""

    def run_tests(text: str, *options: str, conftest: str = "") -> subprocess.CompletedProcess[str]:
        (tmp_path / "test_it.py").write_text(HEAD + text)
        (tmp_path / "conftest.py").write_text(conftest)
        return pytest_in(tmp_path, "-W", "error", *options)

    return run_tests


def test_fixture_sets_replies_and_failures_and_shows_requests(run: Run) -> None:
    result = run("""
def test_it(chat_mock):
    chat_mock.reply("Set.", items=[{"item_id": "X"}])
    chat_mock.fail(429)
    assert say(chat_mock)[1]["items"] == [{"item_id": "X"}]
    assert say(chat_mock)[0] == 429
    assert say(chat_mock, user_id="u")[0] == 200
    assert [request.status for request in chat_mock.requests] == [200, 429, 200]
    assert chat_mock.requests[-1].body == {"message": "hi", "user_id": "u"}
    chat_mock.reset()
    assert chat_mock.requests == []

def test_the_next_test_starts_clean(chat_mock):
    assert chat_mock.requests == []
    assert say(chat_mock)[0] == 200

def test_a_named_conversation_and_a_user(chat_mock):
    chat_mock.reply(conversation="new-sofa", times=None)
    chat_mock.fail(503, user_id="v")
    assert "sofa" in json.dumps(say(chat_mock)[1]).lower()
    assert say(chat_mock, user_id="v")[0] == 200
    chat_mock.reset()
    chat_mock.fail(503, user_id="v")
    assert [say(chat_mock)[0], say(chat_mock, user_id="v")[0]] == [200, 503]
""")
    assert result.returncode == 0, result.stdout
    assert "3 passed" in result.stdout


def test_request_that_violates_the_contract_fails_only_its_test(run: Run) -> None:
    result = run("""
def test_wrong(chat_mock):
    say(chat_mock, limit="four")

def test_on_purpose(chat_mock):
    chat_mock.allow_violations()
    assert say(chat_mock, limit="four")[0] == 422
    assert len(chat_mock.violations) == 1

def test_right(chat_mock):
    say(chat_mock, limit=4)
""")
    assert result.returncode == 1
    assert "1 failed, 2 passed" in result.stdout
    for part in (
        "in violation of the contract",
        'limit: integer expected, got "four"',
        "(status 422)",
        "allow_violations",
    ):
        assert part in result.stdout
    assert "Traceback" not in result.stdout


def test_failing_test_keeps_its_own_failure(run: Run) -> None:
    result = run("""
def test_wrong(chat_mock):
    say(chat_mock, limit="four")
    assert 1 == 2
""")
    assert "assert 1 == 2" in result.stdout
    assert "in violation of the contract" not in result.stdout


def test_options_of_the_mock_can_be_set(run: Run) -> None:
    result = run(
        "def test_it(chat_mock):\n    assert say(chat_mock)[0] == 401\n",
        conftest=OPTIONS.format(["--require-key", "k"]),
    )
    assert result.returncode == 0, result.stdout


def test_mock_that_cannot_start_fails_with_its_error(run: Run) -> None:
    result = run(
        "def test_it(chat_mock): pass\n",
        conftest=OPTIONS.format(["--latitude", "lax"]),
    )
    assert result.returncode == 1
    assert "the mock did not start" in result.stdout
    assert "documented, fastapi, forbid" in result.stdout


def test_invalid_setting_raises_an_error(run: Run) -> None:
    result = run("""
import pytest

@pytest.mark.parametrize("how", [{"fault": "explode"}, {"code": 42}, {"code": 429, "times": 0}, {}])
def test_it(chat_mock, how):
    with pytest.raises(Exception, match="fault|code|times"):
        chat_mock.fail(**how)
""")
    assert result.returncode == 0, result.stdout


def test_run_without_a_fixture_starts_nothing_and_imports_the_plugins_only(run: Run) -> None:
    result = run("""
import sys

def test_it():
    ours = ("chat_", "kit_", "mock_server", "spec_gate", "pydantic", "flask", "jsonschema", "schemathesis", "requests")
    loaded = {name for name in sys.modules if name.startswith(ours)}
    assert loaded == {"chat_mock", "chat_mock.plugin", "chat_verifier", "chat_verifier.pytest_plugin"}
""")
    assert result.returncode == 0, result.stdout


def test_unused_reply_or_failure_fails_the_test_with_its_line(run: Run) -> None:
    result = run("""
def test_unused_reply(chat_mock):
    chat_mock.reply("Never sent.")

def test_unused_failure(chat_mock):
    chat_mock.fail(429, to="lamp")
    say(chat_mock)

def test_optional(chat_mock):
    chat_mock.reply("Never sent.", optional=True)

def test_partly_used(chat_mock):
    chat_mock.fail(503, times=3)
    say(chat_mock)
""")
    assert result.returncode == 1
    assert "2 failed, 2 passed" in result.stdout
    for part in ("No request used", "reply() at test_it.py:", "Never sent.", '"message": "lamp"', "optional=True"):
        assert part in result.stdout
    assert "AssertionError" not in result.stdout


def test_requests_are_found_counted_and_awaited(run: Run) -> None:
    result = run("""
import threading, time

def test_it(chat_mock):
    chat_mock.allow_violations()
    say(chat_mock, message="A desk", user_id="u")
    say(chat_mock, message="a desk", session_id="s")
    say(chat_mock, message="a lamp", limit="x")
    found = chat_mock.assert_called(message="DESK", times=2)
    assert [request.body["message"] for request in found] == ["A desk", "a desk"]
    chat_mock.assert_called(user_id="u", status=200)
    chat_mock.assert_called(session_id="s", verdict="valid")
    chat_mock.assert_called(status="4xx", verdict="invalid", times=1)
    chat_mock.assert_called(message="sofa", times=0)
    assert [request.status for request in chat_mock.find(body="lamp")] == [422]

def test_waiting(chat_mock):
    later = threading.Timer(0.2, say, (chat_mock,), {"message": "later"})
    later.start()
    assert chat_mock.wait_for_request(message="later", timeout=120).body == {"message": "later"}
    later.join()
    try:
        chat_mock.wait_for_request(message="never", timeout=0.1)
    except AssertionError as error:
        assert "No request with message='never' arrived within 0.1 s." in str(error)
        assert "POST /v1/chat (status 200)" in str(error)
    else:
        raise RuntimeError
""")
    assert result.returncode == 0, result.stdout


def test_wrong_number_of_requests_lists_what_was_received_below_the_line_of_the_test(run: Run) -> None:
    result = run("""
def test_it(chat_mock):
    say(chat_mock, message="a lamp")
    chat_mock.assert_called(message="desk")  # here
""")
    assert result.returncode == 1
    assert "Expected at least 1 of these requests with message='desk', got 0." in result.stdout
    assert 'body: {"message": "a lamp"}' in result.stdout
    assert "# here" in result.stdout
    assert "client.py" not in result.stdout


def test_rejected_rule_shows_the_line_of_the_test(run: Run) -> None:
    result = run("""
def test_it(chat_mock):
    chat_mock.fail(500, fault="explode")  # here
""")
    assert ('Unknown value "explode"' in result.stdout, "# here" in result.stdout) == (True, True)
    assert "client.py" not in result.stdout


def test_rules_of_every_kind_can_be_set(run: Run) -> None:
    result = run("""
def test_it(chat_mock):
    chat_mock.fail(429, headers={"Retry-After": "7"}, body={"error": "slow down"}, turn=1, session_id="s")
    chat_mock.reply(body={"message": 5}, invalid=True, pattern="^hi")
    assert say(chat_mock, session_id="s") == (429, {"error": "slow down"})
    assert say(chat_mock) == (200, {"message": 5})
""")
    assert result.returncode == 0, result.stdout


def test_browser_preflight_does_not_count_as_a_request_or_violation(run: Run) -> None:
    result = run("""
def test_it(chat_mock):
    headers = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    request = urllib.request.Request(chat_mock.url + "/chat", method="OPTIONS", headers=headers)
    urllib.request.urlopen(request, timeout=120).close()
    say(chat_mock)
    assert len(chat_mock.requests) == 1
""")
    assert result.returncode == 0, result.stdout


def test_connections_to_the_dead_url_are_refused(run: Run) -> None:
    result = run("""
import pytest

def test_it(chat_mock):
    assert chat_mock.dead_url.endswith("/v1")
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(chat_mock.dead_url + "/chat", b"{}", timeout=120)
""")
    assert result.returncode == 0, result.stdout


def test_dropped_requests_are_an_error_and_not_a_pass(run: Run) -> None:
    result = run(
        "def test_it(chat_mock):\n    for _ in range(3): say(chat_mock)\n",
        conftest=OPTIONS.format(["--max-requests-kept", "2"]),
    )
    assert result.returncode == 1
    assert "The mock dropped 1 requests of this test" in result.stdout


def test_mock_is_served_outside_of_pytest() -> None:
    with serve_mock("--seed", "5") as mock:
        mock.fail(503)
        assert [_status(mock), _status(mock)] == [503, 200]
        mock.assert_called(times=2)


def test_mock_outside_of_pytest_raises_for_violations_and_unused_replies() -> None:
    with pytest.raises(AssertionError, match=r"violation of the contract[\s\S]*No request used"):
        _serve_badly(AssertionError)


def test_error_of_the_block_is_not_replaced() -> None:
    with pytest.raises(KeyError):
        _serve_badly(KeyError)


def _serve_badly(error: type[Exception]) -> None:
    with serve_mock() as mock:
        mock.reply("Never sent.", to="lamp")
        _status(mock, limit="four")
        if error is KeyError:
            raise KeyError


def test_client_of_a_space_does_not_see_other_requests() -> None:
    with serve_mock() as mock:
        space = ChatMock(mock.url, space="w1")
        space.fail(429)
        assert [_status(mock), _status(space)] == [200, 429]
        assert [len(mock.requests), len(space.requests)] == [1, 1]
        space.close()


def _status(mock: ChatMock, **fields: Any) -> int:
    return requests.post(f"{mock.url}/chat", json={"message": "hi", **fields}, timeout=PATIENCE).status_code


def test_each_xdist_worker_has_its_own_mock(run: Run) -> None:
    result = run(
        "import pytest\n@pytest.mark.parametrize('n', range(6))\n"
        "def test_it(chat_mock, n):\n    say(chat_mock)\n    assert len(chat_mock.requests) == 1\n",
        *("-n", "2"),
    )
    assert result.returncode == 0, result.stdout


def test_plugin_works_with_doctests_and_without_tests(run: Run) -> None:
    result = run('"""\n>>> 1 + 1\n2\n"""\n', "--doctest-modules")
    assert result.returncode in {0, 5}, result.stdout
    assert "INTERNALERROR" not in result.stdout + result.stderr
