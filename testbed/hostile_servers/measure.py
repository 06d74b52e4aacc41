"""Runs ``chat-contract verify`` as a process, and measures its duration and its peak memory."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.hostile_servers.attacks import Attack
from testbed.hostile_servers.server import serve_attack
from testbed.quality.verifying import COMMAND

MEGABYTES = 300.0
"""The memory that a run may use."""

SECONDS = 120.0
"""The time that a run may take with the options of this program."""

_GIVE_UP = 300.0
_REPORTS = ("text", "json", "junit", "html", "markdown", "sarif")


@dataclass(frozen=True)
class Outcome:
    """What a run against one attack did. ``complaints``: what is wrong with it."""

    attack: Attack
    code: int
    verdict: str
    requests: int
    seconds: float
    megabytes: float
    complaints: tuple[str, ...]

    @property
    def row(self) -> str:
        """One line of the table."""
        numbers = f"{self.code:4} {self.requests:8} {self.seconds:7.1f} {self.megabytes:6.0f}"
        return f"{self.attack.name:28} {numbers}  {self.verdict}  {'; '.join(self.complaints)}".rstrip()


def verify_hostile(attack: Attack, options: Sequence[str] = (), *, period: int = 3, spared: int = 1) -> Outcome:
    """Verify a server that attacks, and check exit code, findings, reports, time and memory."""
    with tempfile.TemporaryDirectory() as folder, serve_attack(attack, period=period, spared=spared) as url:
        files = [Path(folder, f"report.{name}") for name in _REPORTS]
        reports = [f"--report={name}={file}" for name, file in zip(_REPORTS, files, strict=True)]
        began = time.monotonic()
        with Path(folder, "output").open("w+") as output:
            process = subprocess.Popen(
                [str(COMMAND), "verify", url, *reports, *options], stdout=output, stderr=subprocess.STDOUT, cwd=folder
            )
            code, megabytes = _wait(process)
            output.seek(0)
            said = output.read().strip()
        seconds = time.monotonic() - began
        written = [file for file in files if file.is_file()]
        report = json.loads(written[1].read_text("utf-8")) if len(written) == len(files) else {}
    complaints = _complaints(attack, code, report, said, len(written), sometimes=spared > 0)
    complaints += [f"took {seconds:.0f} s"] * (seconds > SECONDS) + [f"{megabytes:.0f} MB"] * (megabytes > MEGABYTES)
    verdict = report.get("verdict") or said.splitlines()[-1][:160]
    return Outcome(attack, code, verdict, report.get("requests", 0), seconds, megabytes, tuple(complaints))


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Return the exit code and the peak memory in megabytes; a process that takes too long is killed."""
    until = time.monotonic() + _GIVE_UP
    megabytes = 0.0
    while process.poll() is None:
        # Not by wait4(): its peak counts memory of this process, which holds the bodies that the server sends.
        megabytes = max(megabytes, _peak(process.pid))
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.02)
    return process.returncode, megabytes


def _peak(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def _complaints(
    attack: Attack, code: int, report: dict[str, object], said: str, written: int, *, sometimes: bool
) -> list[str]:
    if "Traceback" in said or "internal error" in said:
        return ["internal error: " + said.splitlines()[-1][:200]]
    if not report:
        return [f"{written} of {len(_REPORTS)} reports"] if sometimes or code != 2 else []
    expected = {"violates": 1, "unstable": 1, "inconclusive": 2, "conforms": 0}[str(report["verdict"])]
    complaints = [f"exit code {code}"] if code != expected else []
    if attack.found and not attack.found & set(_found(report)):
        named = sorted({" ".join(one) for one in _found(report)})
        complaints.append(f"no finding {' '.join(min(attack.found))}, but {', '.join(named) or 'none'}")
    return complaints


def _found(report: dict[str, object]) -> Iterator[tuple[str, str]]:
    clauses = report["clauses"]
    assert isinstance(clauses, list)
    for clause in clauses:
        for violation in clause["violations"]:
            yield clause["id"], violation["observed"]
