"""Runs `chat-contract verify` as a process, like a user, and reads its report."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("chat-contract")
SECONDS = 300.0
"""The timeout of a run."""


@dataclass(frozen=True)
class Judgement:
    """The result of a run. ``exit`` is -1 after a timeout; ``seconds`` is the duration of the whole process.

    ``accepted``: requests that got a 2xx. ``said`` is the reason or message of a run without a verdict.
    """

    exit: int
    verdict: str
    requests: int
    seconds: float
    clauses: tuple[dict[str, Any], ...]
    said: str
    accepted: int = 0

    def named(self, *verdicts: str, level: str | None = None) -> tuple[str, ...]:
        """Return the ids of the clauses with one of the verdicts, of the level if it is given."""
        return tuple(
            clause["id"]
            for clause in self.clauses
            if clause["verdict"] in verdicts and level in (None, clause["level"].upper())
        )


def verify(url: str, arguments: Sequence[str] = (), *, key: str | None = None) -> Judgement:
    """Verify the server at the URL; with a key, by ``--expect-auth`` too."""
    credentials = ["-H", f"Authorization: Bearer {key}", "--expect-auth"] if key else []
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [str(COMMAND), "verify", url, "--report", f"json={report}", *credentials, *arguments]
        begun = time.monotonic()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=folder, check=False)
            code, said = done.returncode, done.stderr.strip() or done.stdout.strip()
        except subprocess.TimeoutExpired:
            code, said = -1, f"still running after {SECONDS:.0f} s"
        seconds = time.monotonic() - begun
        found = json.loads(report.read_text("utf-8")) if report.exists() else {}
    reason = found.get("reason")
    why = f"{reason['id']}: {', '.join(reason['clauses'])}" if reason else said
    return Judgement(
        exit=code,
        verdict=found.get("verdict", "no report"),
        requests=found.get("requests", 0),
        seconds=seconds,
        clauses=tuple(found.get("clauses", ())),
        said=why.splitlines()[-1] if why and code not in (0, 1) else "",
        accepted=sum(map(is_accepted, found.get("exchanges", ()))),
    )


def is_accepted(exchange: dict[str, Any]) -> bool:
    response = exchange["exchange"]["response"]
    return response is not None and 200 <= response["status"] < 300
