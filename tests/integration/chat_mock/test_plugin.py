"""The fixture ``chat_mock``, used in a small project that pytest runs in a subprocess."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HEAD = """
import json, urllib.error, urllib.request

def say(mock, **fields):
    request = urllib.request.Request(
        mock.url + "/chat", json.dumps({"message": "hi", **fields}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
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
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:schemathesis",
        ]
        command += options
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

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
    for part in ("in violation of the contract", "/limit is", '"four"', "(status 422)", "allow_violations"):
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


def test_run_without_the_fixture_starts_and_imports_nothing(run: Run) -> None:
    result = run("""
import sys

def test_it():
    loaded = {name for name in sys.modules if name.partition(".")[0] in {"chat_mock", "mock_server", "chat_contract"}}
    assert loaded == {"chat_mock", "chat_mock.plugin"}
""")
    assert result.returncode == 0, result.stdout


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
