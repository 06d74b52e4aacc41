"""Verifies every faulty and every correct server with `chat-contract verify`, and prints which faults it found.

`python -m testbed.faulty_servers.run_all [--only GLOB] [--group G] [--sample N] [--jobs 2] [--strict] -- VERIFY ARGS`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from statistics import median

from testbed.quality.verifying import verify

from .base import KEY, Style
from .catalogue import FAULTS
from .correct import CORRECT
from .fault import GROUPS, MUST, SHOULD, Fault, serve


@dataclass(frozen=True)
class Run:
    """The result of one server."""

    server: Fault | Style
    strict: bool
    exit: int
    requests: int
    seconds: float
    failed: tuple[str, ...]
    said: str

    @property
    def level(self) -> str:
        return self.server.level if isinstance(self.server, Fault) else "correct"

    @property
    def right(self) -> bool:
        return self.exit == (1 if isinstance(self.server, Fault) else 0)

    @property
    def name(self) -> str:
        return f"{self.server.name} (strict)" if self.strict and self.level == "correct" else self.server.name

    def row(self) -> str:
        mark = " " if self.right else "*"
        numbers = f"{self.exit:4} {self.requests:8} {self.seconds:7.1f}"
        return f"{mark} {self.name:38} {self.level:7} {numbers}  {', '.join(self.failed) or self.said}"


def judge(server: Fault | Style, arguments: Sequence[str], *, strict: bool) -> Run:
    """Verify the server, which runs in a thread of this process."""
    keyed = server.needs_key if isinstance(server, Fault) else server.keyed
    with serve(server) as url:
        judgement = verify(url, [*arguments, *["--strict"] * strict], key=KEY if keyed else None)
    failed = judgement.named("fail", "warn") if strict else judgement.named("fail")
    return Run(server, strict, judgement.exit, judgement.requests, judgement.seconds, failed, judgement.said)


def chosen(options: argparse.Namespace) -> list[tuple[Fault | Style, bool]]:
    """Return the servers to verify, each with whether to use `--strict`."""
    faults = [
        fault
        for fault in FAULTS
        if fnmatch(fault.name, options.only)
        if options.group in (None, fault.group) and options.level in (None, fault.level)
    ]
    if options.sample and options.sample < len(faults):
        faults = [faults[number * len(faults) // options.sample] for number in range(options.sample)]
    servers: list[tuple[Fault | Style, bool]] = [(one, options.strict or one.level == SHOULD) for one in faults]
    if options.group is None and options.level is None:
        correct = [style for style in CORRECT if fnmatch(style.name, options.only)]
        servers += [(style, False) for style in correct]
        servers += [(style, True) for style in correct if style.spotless]
    return servers


def share(runs: Iterable[Run], level: str) -> str:
    of_level = [run for run in runs if run.level == level]
    found = sum(run.right for run in of_level)
    return f"{found} of {len(of_level)} ({100 * found / len(of_level):.1f} %)" if of_level else "none verified"


def spread(runs: Sequence[Run]) -> str:
    if not runs:
        return "none verified"
    requests, seconds = [run.requests for run in runs], [run.seconds for run in runs]
    return (
        f"requests median {median(requests):.0f}, most {max(requests)}; "
        f"seconds median {median(seconds):.1f}, most {max(seconds):.1f}"
    )


def names(runs: Iterable[Run]) -> str:
    return "".join(f"\n    {run.name} (exit {run.exit}): {run.server.about}" for run in runs) or " none"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.faulty_servers.run_all", description=__doc__)
    parser.add_argument("--only", default="*", metavar="GLOB", help="only servers whose names match")
    parser.add_argument("--group", choices=GROUPS)
    parser.add_argument("--level", choices=(MUST, SHOULD))
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="a sample of N faults, evenly spread")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--strict", action="store_true", help="use --strict for every fault, not only for SHOULD faults"
    )
    parser.add_argument("verify", nargs="*", metavar="-- VERIFY ARGS")
    options = parser.parse_args()
    print(f"  {'name':38} {'level':7} exit requests seconds  failed clauses or message")
    runs = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for run in pool.map(lambda one: judge(one[0], options.verify, strict=one[1]), chosen(options)):
            runs.append(run)
            print(run.row(), flush=True)
    faulty = [run for run in runs if run.level != "correct"]
    correct = [run for run in runs if run.level == "correct"]
    print(f"\nMUST found     {share(runs, MUST)}\nSHOULD found   {share(runs, SHOULD)}")
    print(f"correct passed {share(runs, 'correct')}")
    print(f"faulty         {spread(faulty)}\ncorrect        {spread(correct)}")
    print(f"survivors     {names(run for run in faulty if not run.right)}")
    print(f"blamed        {names(run for run in correct if not run.right)}")
    return 0 if all(run.right for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main())
