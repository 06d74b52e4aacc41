"""Verifies servers, several at a time, each with every seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from testbed.quality.collection import ALL_NAMED, Subject
from testbed.quality.verifying import Judgement, verify

UNSTARTED = Judgement(-1, "did not start", 0, 0.0, (), "")


@dataclass(frozen=True)
class Trial:
    """One server, verified with one seed.

    ``met``: how many requests met the conditions of a drawn fault. ``in_memory``: the plan was played in memory, up to
    the first response that shows the fault. ``unlike``: how many responses are unlike those of the correct server.
    """

    subject: Subject
    seed: int
    judgement: Judgement
    met: int | None = None
    in_memory: bool = False
    unlike: int | None = None

    @property
    def found(self) -> bool:
        """Whether the verifier found a violation, which is right for a faulty server."""
        return self.judgement.exit == 1

    @property
    def conclusive(self) -> bool:
        return self.judgement.exit in (0, 1)

    @property
    def right(self) -> bool:
        return self.judgement.exit == (1 if self.subject.faulty else 0)

    def row(self) -> str:
        mark = " " if self.right else "*"
        judgement = self.judgement
        numbers = f"{self.seed:4} {judgement.exit:4} {judgement.requests:8} {judgement.seconds:7.1f}"
        what = ", ".join(judgement.named("fail")) or judgement.said
        return f"{mark} {self.subject.name:38} {self.subject.level:7} {numbers}  {what}"


HEADING = f"  {'server':38} {'level':7} seed exit requests seconds  failed clauses or message"


def try_once(subject: Subject, url: str, seed: int, arguments: Sequence[str]) -> Trial:
    options = ["--seed", str(seed), *["--strict"] * subject.strict, *arguments]
    before = met(subject)
    judgement = verify(url, options, key=subject.key)
    return Trial(subject, seed, judgement, None if before is None else (met(subject) or 0) - before)


def met(subject: Subject) -> int | None:
    return None if subject.met is None else subject.met[subject.base]


def try_out(subject: Subject, seeds: Sequence[int], arguments: Sequence[str]) -> list[Trial]:
    """Return the trials of one server; a server that does not start has trials without a verdict."""
    seeds = seeds[:1] if subject.once else seeds
    rounds = [seeds] if subject.lasting else [[seed] for seed in seeds]
    trials = []
    for part in rounds:
        try:
            with subject.serve() as url:
                trials += [try_once(subject, url, seed, arguments) for seed in part]
        except RuntimeError as error:
            reason = replace(UNSTARTED, said=str(error).partition("\n")[0])
            trials += [Trial(subject, seed, reason) for seed in part]
    return trials


def observable(subjects: Sequence[Subject], jobs: int) -> tuple[list[Subject], list[Subject]]:
    """Return the servers to verify, and the faults that do not show on their base."""

    def shows(subject: Subject) -> bool:
        return not subject.faulty or subject.base == ALL_NAMED or bool(subject.shows())

    with ThreadPoolExecutor(jobs) as pool:
        shown = list(pool.map(shows, subjects))
    pairs = list(zip(subjects, shown, strict=True))
    return [one for one, is_shown in pairs if is_shown], [one for one, is_shown in pairs if not is_shown]


def try_all(
    subjects: Sequence[Subject], seeds: Sequence[int], arguments: Sequence[str], jobs: int
) -> Iterator[list[Trial]]:
    """Yield the trials of each server, in order."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda subject: try_out(subject, seeds, arguments), subjects)


def timed_alone(trials: Sequence[Trial], arguments: Sequence[str], seconds: float) -> list[Trial]:
    """Return the trials; those of correct servers that took too long are timed again, with no other run beside them.

    Runs at the same time slow each other down, so the shorter of the two times counts.
    """
    return [_retimed(trial, arguments) if _too_slow(trial, seconds) else trial for trial in trials]


def _too_slow(trial: Trial, seconds: float) -> bool:
    subject = trial.subject
    return not (subject.faulty or subject.paced) and trial.judgement.exit == 0 and trial.judgement.seconds > seconds


def _retimed(trial: Trial, arguments: Sequence[str]) -> Trial:
    (again,) = try_out(trial.subject, [trial.seed], arguments)
    seconds = again.judgement.seconds if again.judgement.exit == 0 else trial.judgement.seconds
    return replace(trial, judgement=replace(trial.judgement, seconds=min(seconds, trial.judgement.seconds)))
