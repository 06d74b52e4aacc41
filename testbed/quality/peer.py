"""Runs Schemathesis's command line on the same servers, for comparison.

All checks are enabled and failures do not end the run. It reports every server without a key for the security of the
contract, and every lenient server for the types.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chat_contract.resources import openapi_dir
from testbed.quality.collection import Subject, sampled
from testbed.quality.table import Results

COMMAND = Path(sys.executable).with_name("schemathesis")
OPTIONS = (
    *("--checks", "all", "--max-examples", "25", "--seed", "1"),
    *("--continue-on-failure", "--generation-database", "none", "--no-color"),
)
SECONDS = 300.0

_CASES = re.compile(r"(\d+) generated")
_FAILURES = re.compile(r"^\s*❌ (ST\d+ .*?): \d+$", re.MULTILINE)


@dataclass(frozen=True)
class PeerTrial:
    """The result of Schemathesis on one server; ``cases`` is its own count of test cases."""

    subject: Subject
    exit: int
    cases: int
    seconds: float
    failures: tuple[str, ...]

    @property
    def found(self) -> bool:
        return self.exit != 0

    def row(self) -> str:
        failures = ", ".join(self.failures) or "none"
        figures = f"{self.exit:4} {self.cases:8} {self.seconds:7.1f}"
        return f"  {self.subject.name:38} {self.subject.level:7} {figures}  {failures}"


def try_peer(subject: Subject) -> PeerTrial:
    """Run Schemathesis in an empty folder, without settings or stored failures of another run."""
    with subject.serve() as url, tempfile.TemporaryDirectory() as folder:
        key = ["--header", f"Authorization: Bearer {subject.key}"] if subject.key else []
        command = [str(COMMAND), "run", str(openapi_dir() / "chat.yaml"), "--url", url, *OPTIONS, *key]
        begun = time.monotonic()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=folder, check=False)
            code, said = done.returncode, done.stdout
        except subprocess.TimeoutExpired:
            code, said = -1, ""
        seconds = time.monotonic() - begun
    cases = _CASES.search(said)
    failures = tuple(dict.fromkeys(_FAILURES.findall(said)))
    return PeerTrial(subject, code, int(cases[1]) if cases else 0, seconds, failures)


def peer_sample(results: Results, faulty: int) -> list[Subject]:
    """Return ``faulty`` faulty servers of those that were verified, and half as many correct ones."""
    return sampled(list(results.by_subject), faulty, faulty // 2)


def side_by_side(peers: Sequence[PeerTrial], results: Results) -> list[str]:
    """Return a table of our results and those of Schemathesis on the same servers, with the ratio."""
    ours = [results.by_subject[peer.subject][0] for peer in peers]
    our_requests, our_seconds = sum(one.judgement.requests for one in ours), sum(one.judgement.seconds for one in ours)
    requests, seconds = sum(peer.cases for peer in peers), sum(peer.seconds for peer in peers)
    count = len(peers)
    lines = [f"{'on the same sample':20} {'faults found':>14} {'correct blamed':>15} {'requests':>9} {'seconds':>8}"]
    for name, found, all_requests, all_seconds in (
        ("ours", {one.subject for one in ours if one.found}, our_requests, our_seconds),
        ("Schemathesis", {peer.subject for peer in peers if peer.found}, requests, seconds),
    ):
        lines.append(
            f"{name:20} {_of(found, peers, faulty=True):>14} {_of(found, peers, faulty=False):>15}"
            f" {all_requests / count:9.0f} {all_seconds / count:8.1f}"
        )
    ratio = f"{our_requests / requests:9.2f} {our_seconds / seconds:8.2f}" if requests else f"{'':>9} {'':>8}"
    lines.append(f"{'ours / Schemathesis':20} {'':>14} {'':>15} {ratio}")
    return lines


def _of(found: set[Subject], peers: Sequence[PeerTrial], *, faulty: bool) -> str:
    tried = [peer.subject for peer in peers if peer.subject.faulty == faulty]
    return f"{sum(subject in found for subject in tried)} of {len(tried)}"
