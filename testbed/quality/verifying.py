"""Runs `chat-contract verify` in a process of its own, as a user would, and reads its report."""

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
"""How long a run may take before it counts as hanging."""


@dataclass(frozen=True)
class Judgement:
    """What a run said. ``exit`` is -1 where it never ended; ``seconds`` are those of the whole process."""

    exit: int
    verdict: str
    requests: int
    seconds: float
    clauses: tuple[dict[str, Any], ...]
    said: str

    def named(self, *verdicts: str, level: str | None = None) -> tuple[str, ...]:
        """The clauses with one of these verdicts, of one level or of any."""
        return tuple(
            clause["id"]
            for clause in self.clauses
            if clause["verdict"] in verdicts and level in (None, clause["level"].upper())
        )


def verify(url: str, arguments: Sequence[str] = (), *, key: str | None = None) -> Judgement:
    """Judges the server at the URL; with a key, the run says that the server demands it."""
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
    why = found.get("reason") or said
    return Judgement(
        exit=code,
        verdict=found.get("verdict", "no report"),
        requests=found.get("requests", 0),
        seconds=seconds,
        clauses=tuple(found.get("clauses", ())),
        said=why.splitlines()[-1] if why and code not in (0, 1) else "",
    )
