"""Runs ``chat-contract verify`` or ``load`` as a process, and measures its duration and its peak memory."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.hostile_servers.attacks import Attack
from testbed.hostile_servers.odd import serve_odd
from testbed.hostile_servers.server import serve_attack
from testbed.quality.verifying import COMMAND

MEGABYTES = 300.0
"""The memory that a run may use."""

SECONDS = 120.0
"""The time that a run may take with the options of this program."""

_GIVE_UP = 300.0
_VERIFY_REPORTS = ("text", "json", "junit", "html", "markdown", "sarif")
_LOAD_REPORTS = ("text", "json", "junit", "html")
_LOAD = ("--users", "4", "--spawn-rate", "4", "--run-time", "6s", "--think-time", "0s")
_LOAD_FORMAT = "chat-contract-load"
_FINDINGS = frozenset({"violates", "unstable", "limit-exceeded"})


@dataclass(frozen=True)
class Outcome:
    """What a run against one attack did. ``attack``: its name; ``complaints``: what is wrong with the run."""

    attack: str
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
        return f"{self.attack:28} {numbers}  {self.verdict}  {'; '.join(self.complaints)}".rstrip()


def verify_hostile(
    attack: Attack, options: Sequence[str] = (), *, period: int = 3, spared: int = 1, most_seconds: float = SECONDS
) -> Outcome:
    """Verify a server that attacks, and check exit code, findings, reports, time and memory."""
    with serve_attack(attack, period=period, spared=spared) as url:
        return _run(
            "verify",
            attack.name,
            attack.found,
            url,
            options,
            _VERIFY_REPORTS,
            probed=spared > 0,
            most_seconds=most_seconds,
        )


def verify_odd(seed: int, options: Sequence[str] = (), *, most_seconds: float = SECONDS) -> Outcome:
    """Verify a server whose responses are changed at random, and check the same."""
    with serve_odd(seed) as url:
        name = f"odd-responses-{seed}"
        return _run("verify", name, frozenset(), url, options, _VERIFY_REPORTS, probed=False, most_seconds=most_seconds)


def load_hostile(attack: Attack, options: Sequence[str] = (), *, period: int = 3, spared: int = 1) -> Outcome:
    """Put load on a server that attacks, and check the same."""
    with serve_attack(attack, period=period, spared=spared) as url:
        return _run("load", attack.name, attack.found, url, (*_LOAD, *options), _LOAD_REPORTS, probed=spared > 0)


def _run(
    command: str,
    name: str,
    wanted: frozenset[tuple[str, str]],
    url: str,
    options: Sequence[str],
    formats: Sequence[str],
    *,
    probed: bool,
    most_seconds: float = SECONDS,
) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"report.{format_}") for format_ in formats]
        reports = [f"--report={format_}={file}" for format_, file in zip(formats, files, strict=True)]
        began = time.monotonic()
        with Path(folder, "output").open("w+") as output:
            process = subprocess.Popen(
                [str(COMMAND), command, url, *reports, *options], stdout=output, stderr=subprocess.STDOUT, cwd=folder
            )
            code, megabytes = _wait(process)
            output.seek(0)
            said = output.read().strip()
        seconds = time.monotonic() - began
        written = sum(file.is_file() for file in files)
        report = json.loads(files[1].read_text("utf-8")) if written == len(files) else {}
    complaints = _complaints(wanted, code, report, said)
    complaints += [f"{written} of {len(files)} reports"] * (not report and (probed or code != 2))
    complaints += [f"took {seconds:.0f} s"] * (seconds > most_seconds)
    complaints += [f"{megabytes:.0f} MB"] * (megabytes > MEGABYTES)
    verdict = report.get("verdict") or said.splitlines()[-1][:160]
    return Outcome(
        name, code, verdict, report.get("requests", report.get("replies", 0)), seconds, megabytes, tuple(complaints)
    )


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    """Return the exit code and the peak memory in megabytes; a process that takes too long is killed."""
    until = time.monotonic() + _GIVE_UP
    peaks: dict[int, float] = {}
    while process.poll() is None:
        # Not by wait4(): its peak counts memory of this process, which holds the bodies that the server sends.
        for pid in (process.pid, *_children(process.pid)):
            peaks[pid] = max(peaks.get(pid, 0.0), _peak(pid))
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.02)
    return process.returncode, sum(peaks.values())


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    return []


def _peak(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def _complaints(wanted: frozenset[tuple[str, str]], code: int, report: dict[str, object], said: str) -> list[str]:
    if "Traceback" in said or "internal error" in said or "bug in the kit" in said:
        return ["internal error: " + said.splitlines()[-1][:200]]
    if not report:
        return []
    expected = 0 if report["verdict"] == "conforms" else 1 if report["verdict"] in _FINDINGS else 2
    complaints = [f"exit code {code}"] if code != expected else []
    return complaints + _missing(wanted, report)


def _missing(wanted: frozenset[tuple[str, str]], report: dict[str, object]) -> list[str]:
    """Return a complaint if the report lacks the expected finding. A load reports less of it: any finding will do."""
    clauses = report["clauses"]
    assert isinstance(clauses, list)
    if report["format"] == _LOAD_FORMAT:
        return ["no finding"] if wanted and not any(clause["violations"] for clause in clauses) else []
    found = {(clause["id"], violation["observed"]) for clause in clauses for violation in clause["violations"]}
    if not wanted or wanted & found:
        return []
    named = sorted(" ".join(one) for one in found)
    return [f"no finding {' '.join(min(wanted))}, but {', '.join(named) or 'none'}"]
