"""Verifies every faulty and every correct server with `chat-contract verify` and prints the results.

Exits with 0 if every target is met, else with 1 and the names of the missed targets.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from testbed.quality.collection import ALL_NAMED, FIRST_NAMED, HYBRID, collect, lacking, sampled
from testbed.quality.peer import PeerTrial, peer_sample, side_by_side, try_peer
from testbed.quality.table import DEFAULT, QUICK, Bounds, Results, Row, by_name, raised, rows, table
from testbed.quality.trials import HEADING, Trial, observable, timed_alone, try_all

NAMING = (ALL_NAMED, FIRST_NAMED, HYBRID)
FAULTY_TO_CORRECT = 4
"""The number of faulty servers for each correct one in a sample."""


def numbers(text: str) -> list[int]:
    """Parse seeds separated by commas."""
    return list(dict.fromkeys(int(part) for part in text.split(",")))


def bases(text: str) -> list[str]:
    """Parse bases separated by commas."""
    chosen = text.split(",")
    if unknown := set(chosen) - set(NAMING):
        raise argparse.ArgumentTypeError(f"unknown base {min(unknown)!r}; expected one of {', '.join(NAMING)}")
    return chosen


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m testbed.quality", description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="verify N faulty servers and N/4 correct ones")
    parser.add_argument("--seeds", type=numbers, default=[0, 1, 2], metavar="0,1,2", help="the seeds for every server")
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="the number of servers to verify at the same time"
    )
    parser.add_argument("--quick", action="store_true", help="measure the quick tier against its own targets")
    parser.add_argument(
        "--pairs", type=int, default=150, metavar="N", help="verify N faults drawn at random on each base"
    )
    parser.add_argument(
        "--bases",
        type=bases,
        default=list(NAMING),
        metavar=",".join(NAMING),
        help="which faults of a request the faulty servers name",
    )
    parser.add_argument("--max-requests", type=int, metavar="N", help="the request limit of each run")
    parser.add_argument("--only", default="*", metavar="GLOB", help="only servers whose names match")
    parser.add_argument(
        "--peer-sample",
        type=int,
        default=8,
        metavar="N",
        help="run Schemathesis on N faulty servers and N/2 correct ones",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all verdicts and figures as JSON")
    return parser.parse_args(arguments)


def judge(options: argparse.Namespace) -> Results:
    """Verify all servers and print each verdict as it comes."""
    subjects = collect(options.only, options.bases, options.pairs)
    if options.sample is not None:
        subjects = sampled(subjects, options.sample, options.sample // FAULTY_TO_CORRECT)
    subjects, unobservable = observable(subjects, options.jobs)
    if unobservable:
        print(f"{len(unobservable)} faults do not show on their base: {', '.join(one.name for one in unobservable)}\n")
    arguments = ["--quick"] * options.quick
    if options.max_requests is not None:
        arguments += ["--max-requests", str(options.max_requests)]
    trials: list[Trial] = []
    print(HEADING, flush=True)
    for done in try_all(subjects, options.seeds, arguments, options.jobs):
        trials += done
        print(*(trial.row() for trial in done), sep="\n", flush=True)
    return Results(timed_alone(trials, arguments, bounds(options).seconds))


def bounds(options: argparse.Namespace) -> Bounds:
    tier = QUICK if options.quick else DEFAULT
    return tier if options.max_requests is None else raised(tier, options.max_requests)


def ask_peer(results: Results, count: int) -> list[PeerTrial]:
    peers = []
    for subject in peer_sample(results, count):
        peers.append(try_peer(subject))
        print(peers[-1].row(), flush=True)
    return peers


def document(options: argparse.Namespace, results: Results, figures: Sequence[Row], peers: Sequence[PeerTrial]) -> Any:
    """Return everything that was measured, as JSON."""
    return {
        "tier": "quick" if options.quick else "default",
        "max_requests": options.max_requests,
        "pairs": options.pairs,
        "bases": options.bases,
        "seeds": options.seeds,
        "table": [vars(row) for row in figures],
        "trials": [
            {
                "server": trial.subject.name,
                "level": trial.subject.level,
                "group": trial.subject.group,
                "base": trial.subject.base,
                "about": trial.subject.about,
                "conditions_met": trial.met,
                "seed": trial.seed,
                "right": trial.right,
                "exit": trial.judgement.exit,
                "verdict": trial.judgement.verdict,
                "requests": trial.judgement.requests,
                "accepted": trial.judgement.accepted,
                "seconds": round(trial.judgement.seconds, 2),
                "failed": trial.judgement.named("fail"),
                "warned": trial.judgement.named("warn"),
                "said": trial.judgement.said,
            }
            for trials in results.by_subject.values()
            for trial in trials
        ],
        "schemathesis": [
            {
                "server": peer.subject.name,
                "level": peer.subject.level,
                "exit": peer.exit,
                "cases": peer.cases,
                "seconds": round(peer.seconds, 2),
                "failures": peer.failures,
            }
            for peer in peers
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    options = read(arguments)
    begun = time.monotonic()
    results = judge(options)
    if not results.by_subject:
        print(f'No server matches --only "{options.only}".', file=sys.stderr)
        return 2
    figures = rows(results, bounds(options))
    peers: list[PeerTrial] = []
    if options.peer_sample:
        print("\nSchemathesis (command line, all checks, 25 examples)")
        peers = ask_peer(results, options.peer_sample)
    seeds = ", ".join(map(str, options.seeds))
    print(f"\n{len(results.by_subject)} servers, seeds {seeds}, tier {'quick' if options.quick else 'default'}")
    print(table(figures))
    if peers:
        print("", *side_by_side(peers, results), sep="\n")
    print()
    for title, subjects in (
        ("faults not found", results.survivors),
        ("correct servers blamed", results.blamed),
        ("correct servers without a verdict", results.unjudged),
        ("verdicts that differ between seeds", results.wavering),
        ("warnings on servers without violations", results.warned),
    ):
        print(by_name(title, subjects, results))
    for name, lacks in lacking().items():
        print(f"skipped: {name} (not installed: {', '.join(lacks)})")
    if options.json:
        options.json.write_text(json.dumps(document(options, results, figures, peers), indent=1), encoding="utf-8")
    missed = [f"{row.what} ({row.base or 'all servers'})" for row in figures if row.met is False]
    print(f"\n{'targets missed: ' + '; '.join(missed) if missed else 'every target is met'}", end="")
    print(f" ({time.monotonic() - begun:.0f} s)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
