"""Computes figures from trials and compares them with the targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median

from testbed.faulty_servers.fault import MUST, SHOULD
from testbed.quality.collection import ALL_NAMED, BASES, PAIRS, Subject
from testbed.quality.trials import Trial


@dataclass(frozen=True)
class Bounds:
    """The targets of one tier; None: no target."""

    must: float | None
    should: float | None
    pairs: float | None
    every: float | None
    requests: int
    accepted: int
    seconds: float
    complete: float | None = None  # the share of plain MUST faults on the bases that do not name all faults
    complete_pairs: float | None = None
    sent: float | None = 100.0  # the share of the faults on these bases that a response showed


DEFAULT = Bounds(must=100.0, should=100.0, pairs=97.0, every=None, requests=200, accepted=90, seconds=10.0)
QUICK = Bounds(must=95.0, should=None, pairs=None, every=75.0, requests=60, accepted=25, seconds=10.0, sent=None)
COMPLETE_REQUESTS = 1000
"""With this many requests, the bases that do not name all faults have targets too."""


def raised(bounds: Bounds, requests: int) -> Bounds:
    """Return the targets of a run with another request limit."""
    if requests < COMPLETE_REQUESTS:
        return replace(bounds, requests=requests)
    return replace(bounds, requests=requests, accepted=requests, complete=100.0, complete_pairs=97.0)


@dataclass(frozen=True)
class Row:
    """One line of the table. ``met`` is None if there is no target or no figure."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None
    base: str = ""

    def line(self) -> str:
        word = {True: "met", False: "MISSED", None: ""}[self.met]
        return f"{self.what:50} {self.figure:28} {self.target:12} {word}".rstrip()


class Results:
    """All trials, by server."""

    def __init__(self, trials: Iterable[Trial]) -> None:
        self.by_subject: dict[Subject, list[Trial]] = defaultdict(list)
        for trial in trials:
            self.by_subject[trial.subject].append(trial)

    def on(self, base: str) -> Results:
        return Results(self.trials(lambda subject: subject.base == base))

    def trials(self, wanted: Callable[[Subject], bool]) -> list[Trial]:
        return [trial for subject, trials in self.by_subject.items() if wanted(subject) for trial in trials]

    def named(self, wanted: Callable[[Subject], bool], holds: Callable[[Trial], bool]) -> list[Subject]:
        """Return the servers for which the predicate is true with any seed."""
        return [
            subject
            for subject, trials in self.by_subject.items()
            if wanted(subject) and any(holds(one) for one in trials)
        ]

    @property
    def survivors(self) -> list[Subject]:
        return self.named(lambda subject: subject.faulty, lambda trial: not trial.found)

    @property
    def blamed(self) -> list[Subject]:
        return self.named(is_right, lambda trial: trial.found)

    @property
    def unjudged(self) -> list[Subject]:
        return self.named(is_right, lambda trial: not trial.conclusive)

    @property
    def wavering(self) -> list[Subject]:
        """The servers whose verdict depends on the seed."""
        return [
            subject
            for subject, trials in self.by_subject.items()
            if len({(trial.judgement.exit, trial.judgement.verdict) for trial in trials}) > 1
        ]

    @property
    def warned(self) -> list[Subject]:
        """The servers that violate no SHOULD clause but received a warning."""
        return self.named(lambda subject: subject.spotless, lambda trial: bool(trial.judgement.named("warn")))


def is_right(subject: Subject) -> bool:
    return not subject.faulty


def is_unhurried(subject: Subject) -> bool:
    return not (subject.faulty or subject.paced)


def is_slow(subject: Subject) -> bool:
    return subject.paced and not subject.faulty


def is_faulty(subject: Subject) -> bool:
    return subject.faulty


def is_pair(subject: Subject) -> bool:
    return subject.group == PAIRS


def is_sent(subject: Subject, results: Results) -> bool:
    """Return whether a response showed the fault, as far as the plan was played in memory."""
    return is_faulty(subject) and any(trial.found or trial.unlike for trial in results.by_subject[subject])


def plain(level: str) -> Callable[[Subject], bool]:
    return lambda subject: subject.level == level and not is_pair(subject)


def rows(results: Results, bounds: Bounds) -> list[Row]:
    """Return the table of targets: the rows of each base, then those of all servers."""
    bases = [base for base in BASES if any(subject.base == base for subject in results.by_subject)]
    return [
        *(replace(row, base=base) for base in bases for row in base_rows(results.on(base), base, bounds)),
        _none(results, is_right, "correct servers without a verdict", results.unjudged),
        _none(results, lambda _: True, "verdicts that differ between seeds", results.wavering),
    ]


def base_rows(results: Results, base: str, bounds: Bounds) -> list[Row]:
    """Return the figures of one base; only the base that names all faults has targets by default."""
    named = base == ALL_NAMED
    faulty = [
        _found(results, plain(MUST), "plain MUST faults found", bounds.must if named else bounds.complete),
        _found(results, plain(SHOULD), "plain SHOULD faults found with --strict", bounds.should if named else None),
        _found(results, is_pair, "random pairs found", bounds.pairs if named else bounds.complete_pairs),
        _found(results, is_faulty, "all faults found", bounds.every if named else None),
        _found(
            results,
            lambda subject: is_sent(subject, results),
            "faults found of those that a response shows",
            None if named else bounds.sent,
        ),
        *([_repeated(results)] if any(trial.in_memory for trial in results.trials(is_faulty)) else []),
        _spread(results, is_faulty, "requests on a faulty server", _requests, median_at_most=bounds.requests),
        _spread(results, is_faulty, "seconds on a faulty server", _seconds),
    ]
    return [
        *(faulty if any(map(is_faulty, results.by_subject)) else []),
        _none(results, is_right, "correct servers blamed", results.blamed),
        _spread(results, is_right, "accepted requests on a correct server", _accepted, at_most=bounds.accepted),
        _spread(results, is_right, "requests on a correct server", _requests, at_most=bounds.requests),
        _spread(results, is_unhurried, "seconds on a correct server", _seconds, at_most=bounds.seconds),
        _spread(results, is_slow, "seconds on a server that is slow by design", _seconds),
    ]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text, under the name of their base."""
    lines = []
    for base, of_base in groupby(rows, key=lambda row: row.base):
        lines += ["", BASES.get(base, "all servers"), *(f"  {row.line()}" for row in of_base)]
    return "\n".join(lines)


def _found(results: Results, wanted: Callable[[Subject], bool], what: str, target: float | None) -> Row:
    tried = [subject for subject in results.by_subject if wanted(subject)]
    if not tried:
        return Row(what, "none verified")
    found = len(tried) - len([subject for subject in results.survivors if wanted(subject)])
    share = 100 * found / len(tried)
    figure = f"{share:.1f} % ({found} of {len(tried)})"
    return Row(what, figure) if target is None else Row(what, figure, f">= {target:.0f} %", share >= target)


def _none(results: Results, wanted: Callable[[Subject], bool], what: str, named: Sequence[Subject]) -> Row:
    tried = sum(wanted(subject) for subject in results.by_subject)
    return Row(what, f"{len(named)} of {tried}", "0", not named) if tried else Row(what, "none verified")


def _repeated(results: Results) -> Row:
    """Return how many results in memory a run over HTTP repeats."""
    both = [
        (trials[0].found, {trial.found for trial in trials if not trial.in_memory})
        for trials in results.by_subject.values()
        if len({trial.in_memory for trial in trials}) > 1
    ]
    same = sum(found == {alone} for alone, found in both)
    what = "results in memory that runs over HTTP repeat"
    return Row(what, f"{same} of {len(both)}", "all", same == len(both)) if both else Row(what, "none verified")


def _requests(trial: Trial) -> float:
    return trial.judgement.requests


def _accepted(trial: Trial) -> float:
    return trial.judgement.accepted


def _seconds(trial: Trial) -> float:
    return round(trial.judgement.seconds, 1)


def _spread(
    results: Results,
    wanted: Callable[[Subject], bool],
    what: str,
    measure: Callable[[Trial], float],
    *,
    at_most: float | None = None,
    median_at_most: float | None = None,
) -> Row:
    figures = [measure(trial) for trial in results.trials(wanted) if not trial.in_memory]
    if not figures:
        return Row(what, "none verified")
    middle, most = median(figures), max(figures)
    figure = f"median {middle:g}, most {most:g}"
    if at_most is not None:
        return Row(what, figure, f"<= {at_most:g}", most <= at_most)
    if median_at_most is not None:
        return Row(what, figure, f"median {median_at_most:g}", middle <= median_at_most)
    return Row(what, figure)


def by_name(title: str, subjects: Sequence[Subject], results: Results) -> str:
    """Return the servers by name, each with its results for each seed."""
    if not subjects:
        return f"{title}: none"
    lines = [f"{title}: {len(subjects)}"]
    for subject in subjects:
        lines.append(f"  {subject.name} ({subject.level}, {subject.group}): {subject.about}")
        lines += [f"    {_result_line(trial)}" for trial in results.by_subject[subject]]
    return "\n".join(lines)


def _result_line(trial: Trial) -> str:
    judgement = trial.judgement
    failed = ", ".join(judgement.named("fail")) or "none"
    warned = ", ".join(judgement.named("warn")) or "none"
    said = f"; {judgement.said}" if judgement.said else ""
    sent = "" if trial.met is None else f"conditions met by {trial.met} requests; "
    if trial.in_memory:
        unlike = "" if trial.unlike is None else f"{trial.unlike} responses unlike those of the correct server; "
        return f"seed {trial.seed} in memory: {sent}{unlike}{'found' if trial.found else 'not found'}"
    return f"seed {trial.seed}: {sent}{judgement.verdict}; failed: {failed}; warnings: {warned}{said}"
