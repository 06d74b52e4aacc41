"""The checkpoint file has limits, and any other file is refused with a message."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from chat_contract import UsageError
from chat_contract.exchange import Request, Response
from chat_verifier.planning.case import Case, CaseSequence, Group
from chat_verifier.run import checkpoint as module
from chat_verifier.run.checkpoint import FORMAT, Checkpoint
from kit_http.redaction.secrets import Secrets

SEQUENCE = CaseSequence("a", Group.CONVERSATION, (Case("b", "b", {}),))
LINE = {"sequence": "a", "index": 0, "request": "r", "at": 0, "elapsed": 1, "status": 200, "headers": [], "body": ""}


def opened(path: Path) -> Checkpoint:
    return Checkpoint(path, {"seed": 0}, Secrets(), now=lambda: 0.0)


def asked(number: int) -> Request:
    return Request("POST", "/chat", body=b"%d" % number)


def test_large_responses_are_sent_again_instead_of_replayed(tmp_path: Path) -> None:
    large = (Response(200, (), b"x" * 2_000_000), Response(200, (("X-Large", "x" * 2_000_000),), b"{}"))
    outcomes = (Response(200, (), b"{}"), *large)
    first = opened(tmp_path / "c")
    for number, outcome in enumerate(outcomes):
        first.keep(SEQUENCE, 0, asked(number), outcome)
    first.close()
    second = opened(tmp_path / "c")
    replayed = [second.replay(SEQUENCE, 0, asked(number)) for number in range(3)]
    second.close()
    assert [one is not None for one in replayed] == [True, False, False]
    assert (tmp_path / "c").stat().st_size < 1000


def test_file_has_a_largest_size_and_can_be_read_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 5_000)
    for _ in range(2):
        checkpoint = opened(tmp_path / "c")
        for number in range(20):
            checkpoint.keep(SEQUENCE, 0, asked(number), Response(200, (), b"x" * 600))
        checkpoint.close()
    assert 4_000 < (tmp_path / "c").stat().st_size <= 5_000


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        "7",
        "null",
        *(json.dumps({**LINE, name: value}) for name in ("at", "elapsed", "status", "headers") for value in ([1], "x")),
        json.dumps({**LINE, "body": "é"}),
        json.dumps({**LINE, "sequence": []}),
        json.dumps({**LINE, "elapsed": 10**400}),
    ],
)
def test_line_of_another_kind_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "c").write_text(json.dumps({"format": FORMAT, "seed": 0}) + f"\n{line}\n", "utf-8")
    with pytest.raises(UsageError, match="not a checkpoint file"):
        opened(tmp_path / "c")


@pytest.mark.parametrize("kind", ["fifo", "folder", "huge", "list"])
def test_file_of_another_kind_is_refused(tmp_path: Path, kind: str) -> None:
    make: dict[str, Any] = {
        "fifo": lambda path: os.mkfifo(path),
        "folder": lambda path: path.mkdir(),
        "huge": lambda path: (path.touch(), os.truncate(path, 2**33)),
        "list": lambda path: path.write_text("[]\n[]\n"),
    }
    make[kind](tmp_path / "c")
    with pytest.raises(UsageError, match="not a checkpoint file"):
        opened(tmp_path / "c")


@pytest.mark.parametrize(("more", "named"), [({"seed": 1}, "other seed"), ({"unknown": 1}, "other keys")])
def test_checkpoint_of_another_run_is_refused_and_says_what_differs(
    tmp_path: Path, more: dict[str, int], named: str
) -> None:
    (tmp_path / "c").write_text(json.dumps({"format": FORMAT, "seed": 0, **more}) + "\n", "utf-8")
    with pytest.raises(UsageError, match=named):
        opened(tmp_path / "c")
