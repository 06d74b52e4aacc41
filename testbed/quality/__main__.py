"""Verifies every faulty and every correct server with `chat-contract verify` and prints the results.

With `--whole`, it measures all targets part by part; faults that need no connection are then played in memory.
Exits with 0 if every target is met, else with 1 and the names of the missed targets.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_verifier.planning.tiers import Tier
from testbed.quality.collection import (
    ALL_NAMED,
    FIRST_NAMED,
    FRAMEWORKS,
    HYBRID,
    Subject,
    collect,
    evenly,
    lacking,
    sampled,
)
from testbed.quality.in_memory import Extent, try_all_in_memory
from testbed.quality.peer import PeerTrial, peer_sample, side_by_side, try_peer
from testbed.quality.table import DEFAULT, QUICK, Bounds, Results, Row, by_name, raised, rows, table
from testbed.quality.trials import HEADING, Trial, observable, timed_alone, try_all

BASES = (ALL_NAMED, FIRST_NAMED, HYBRID, FRAMEWORKS)
FAULTY_TO_CORRECT = 4
"""The number of faulty servers for each correct one in a sample."""


@dataclass(frozen=True)
class Part:
    """A part of the whole measurement: what it measures, and its arguments."""

    about: str
    arguments: tuple[str, ...]


WHOLE = (
    Part("default tier", ("--bases", "all,frameworks", "--again", "24")),
    Part("quick tier", ("--quick", "--bases", "all,frameworks", "--again", "12", "--http-seeds", "1")),
    Part("default tier on the other bases", ("--bases", "first,hybrid", "--seeds", "0", "--again", "16")),
    Part(
        "1,000 requests on the other bases",
        (
            *("--max-requests", "1000", "--bases", "first,hybrid", "--seeds", "0"),
            *("--again", "4", "--connected", "16", "--correct", "8"),
        ),
    ),
)
"""What `--whole` measures; the arguments of the command count for each part, except those that it sets itself."""


def numbers(text: str) -> list[int]:
    """Parse seeds separated by commas."""
    return list(dict.fromkeys(int(part) for part in text.split(",")))


def bases(text: str) -> list[str]:
    """Parse bases separated by commas."""
    chosen = text.split(",")
    if unknown := set(chosen) - set(BASES):
        raise argparse.ArgumentTypeError(f"unknown base {min(unknown)!r}; expected one of {', '.join(BASES)}")
    return chosen


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="python -m testbed.quality", description=__doc__)
    add = found.add_argument
    add("--whole", action="store_true", help="measure all targets, with faults in memory where that is possible")
    add("--sample", type=int, metavar="N", help="verify N faulty servers and N/4 correct ones")
    add("--correct", type=int, metavar="N", help="verify N correct servers")
    add("--seeds", type=numbers, default=[0, 1, 2], metavar="0,1,2", help="the seeds for every server")
    add("--http-seeds", type=int, metavar="N", help="use only the first N seeds over HTTP")
    add("--jobs", type=int, default=2, metavar="N", help="the number of servers to verify at the same time")
    add("--quick", action="store_true", help="measure the quick tier against its own targets")
    add("--pairs", type=int, default=150, metavar="N", help="verify N faults drawn at random on each base")
    about = "which faults of a request the faulty servers name; frameworks: correct servers in other languages"
    add("--bases", type=bases, default=list(BASES), metavar=",".join(BASES), help=about)
    add("--max-requests", type=int, metavar="N", help="the request limit of each run")
    add("--only", default="*", metavar="GLOB", help="only servers whose names match")
    add("--in-memory", action="store_true", help="play the plan in memory for faults that need no connection")
    add("--again", type=int, default=0, metavar="N", help="with --in-memory: verify N of these faults over HTTP too")
    add(
        "--connected",
        type=int,
        metavar="N",
        help="with --in-memory: verify only N of the faults that need a connection",
    )
    about = "with --in-memory: leave out correct servers and faults that need a connection"
    add("--no-http", action="store_true", help=about)
    about = "run Schemathesis on N faulty servers and N/2 correct ones"
    add("--peer-sample", type=int, default=8, metavar="N", help=about)
    add("--json", type=Path, metavar="FILE", help="write all verdicts and figures as JSON")
    return found


def read(arguments: Sequence[str]) -> argparse.Namespace:
    return parser().parse_args(arguments)


def extent(options: argparse.Namespace) -> Extent:
    return Extent(Tier.QUICK if options.quick else Tier.DEFAULT, options.max_requests)


def bounds(options: argparse.Namespace) -> Bounds:
    tier = QUICK if options.quick else DEFAULT
    return tier if options.max_requests is None else raised(tier, options.max_requests)


def chosen(options: argparse.Namespace) -> list[Subject]:
    """Return the servers to verify, without the faults that do not show on their base."""
    subjects = collect(options.only, options.bases, options.pairs)
    if options.sample is not None:
        subjects = sampled(subjects, options.sample, options.sample // FAULTY_TO_CORRECT)
    if options.correct is not None:
        correct = evenly([one for one in subjects if not one.faulty], options.correct)
        subjects = [*correct, *(one for one in subjects if one.faulty)]
    subjects, unobservable = observable(subjects, options.jobs)
    if unobservable:
        print(f"{len(unobservable)} faults do not show on their base: {', '.join(one.name for one in unobservable)}\n")
    return subjects


def play(options: argparse.Namespace, subjects: Sequence[Subject]) -> tuple[list[Trial], list[Subject]]:
    """Play the plan for all faulty servers in memory; return the trials, and the servers to verify over HTTP."""
    trials: list[Trial] = []
    faulty = [one for one in subjects if one.faulty]
    connected: list[Subject] = []
    for subject, done in try_all_in_memory(faulty, extent(options), options.seeds, options.jobs, drawn=options.pairs):
        trials += done
        connected += [] if done else [subject]
        for trial in done:
            if not trial.found:
                print(f"not found in memory: {trial.row()} {subject.about}", flush=True)
    found = list(dict.fromkeys(trial.subject for trial in trials))
    print(f"{len(found)} faults played in memory; {len(connected)} need a connection", flush=True)
    some = evenly(connected, len(connected) if options.connected is None else options.connected)
    if options.no_http:
        return trials, []
    return trials, [*(one for one in subjects if not one.faulty), *some, *evenly(found, options.again)]


def judge(options: argparse.Namespace) -> Results:
    """Verify all servers and print each verdict as it comes."""
    subjects = chosen(options)
    trials, subjects = play(options, subjects) if options.in_memory else ([], subjects)
    arguments = extent(options).arguments
    if subjects:
        print(HEADING, flush=True)
    over_http: list[Trial] = []
    for done in try_all(subjects, options.seeds[: options.http_seeds], arguments, options.jobs):
        over_http += done
        print(*(trial.row() for trial in done), sep="\n", flush=True)
    return Results([*trials, *timed_alone(over_http, arguments, bounds(options).seconds)])


def ask_peer(results: Results, count: int) -> list[PeerTrial]:
    peers = []
    for subject in peer_sample(results, count):
        peers.append(try_peer(subject))
        print(peers[-1].row(), flush=True)
    return peers


def document(options: argparse.Namespace, results: Results, figures: Sequence[Row], peers: Sequence[PeerTrial]) -> Any:
    """Return everything that was measured, as JSON."""
    return {
        "tier": extent(options).tier,
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
                "in_memory": trial.in_memory,
                "responses_unlike_correct": trial.unlike,
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


def measure(options: argparse.Namespace) -> tuple[Any, list[Row]]:
    """Verify servers, print the table, and return everything as JSON and the missed rows."""
    results = judge(options)
    if not results.by_subject:
        return None, []
    figures = rows(results, bounds(options))
    peers: list[PeerTrial] = []
    if options.peer_sample:
        print("\nSchemathesis (command line, all checks, 25 examples)")
        peers = ask_peer(results, options.peer_sample)
    seeds = ", ".join(map(str, options.seeds))
    print(f"\n{len(results.by_subject)} servers, seeds {seeds}, tier {extent(options).tier}")
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
    return document(options, results, figures, peers), [row for row in figures if row.met is False]


def measure_whole(arguments: Sequence[str]) -> tuple[Any, dict[str, list[Row]]]:
    """Measure all parts, and return everything as JSON and the missed rows of each part."""
    documents, missed = {}, {}
    for number, part in enumerate(WHOLE):
        began = time.monotonic()
        peers = () if number == 0 else ("--peer-sample", "0")
        print(f"\n== {part.about} ({' '.join(part.arguments)})\n", flush=True)
        documents[part.about], missed[part.about] = measure(read(["--in-memory", *arguments, *part.arguments, *peers]))
        print(f"\n== {part.about}: {time.monotonic() - began:.0f} s", flush=True)
    return documents, missed


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    options = read(given)
    begun = time.monotonic()
    if options.whole:
        found, by_part = measure_whole(given)
    else:
        found, missed_rows = measure(options)
        by_part = {"": missed_rows}
    if not found:
        print(f'No server matches --only "{options.only}".', file=sys.stderr)
        return 2
    for name, lacks in lacking().items():
        print(f"skipped: {name} (not installed: {', '.join(lacks)})")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    missed = [
        f"{part}{': ' * bool(part)}{row.what} ({row.base or 'all servers'})"
        for part, found_rows in by_part.items()
        for row in found_rows
    ]
    print(f"\n{'targets missed: ' + '; '.join(missed) if missed else 'every target is met'}", end="")
    print(f" ({time.monotonic() - begun:.0f} s)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
