"""What a planted fault is, and the few ways to plant one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .base import PREFIX, Chat, Done, Hook, Problem, Style, Turn
from .correct import LAX
from .wire import Answer, Server
from .witness import Witness

MUST, SHOULD = "MUST", "SHOULD"
GROUPS = (
    "request", "rejection", "validation-error", "reply", "limit", "conversation", "http", "robustness", "latitude",
    "credentials",
)  # fmt: skip

When = Callable[[Turn], Any]


@dataclass(frozen=True)
class Fault:
    name: str
    level: str
    group: str
    about: str
    witness: Witness
    hooks: dict[str, Hook] = field(repr=False)
    style: Style = LAX

    @property
    def needs_key(self) -> bool:
        return self.style.keyed


class Group:
    """Collects the faults of one group: `group(name, about, witness, **hooks)`."""

    def __init__(self, name: str, style: Style = LAX) -> None:
        assert name in GROUPS, name
        self.name = name
        self.style = style
        self.faults: list[Fault] = []

    def __call__(
        self, name: str, about: str, witness: Witness, *, level: str = MUST, style: Style | None = None, **hooks: Hook
    ) -> None:
        assert hooks, name
        self.faults.append(Fault(name, level, self.name, about, witness, hooks, style or self.style))

    def should(self, name: str, about: str, witness: Witness, **options: Any) -> None:
        self(name, about, witness, level=SHOULD, **options)


@contextmanager
def serve(what: Fault | Style, port: int = 0) -> Iterator[str]:
    """Serves a fault or a correct style on the loopback; yields its base URL."""
    app = Chat(what) if isinstance(what, Style) else Chat(what.style, what.hooks)
    with Server(app, port) as server:
        yield f"http://127.0.0.1:{server.port}{PREFIX}"


def matches(loc: Sequence[Any], path: str) -> bool:
    """Whether a loc lies at a dotted path below the body, `*` standing for any one step."""
    steps = path.split(".") if path else []
    return len(loc) == len(steps) + 1 and all(
        step in ("*", str(part)) for step, part in zip(steps, loc[1:], strict=True)
    )


def always(_: Turn) -> bool:
    return True


def overlooks(*paths: str, when: When = always) -> Hook:
    """For `validate`: says nothing of faults at these paths."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> list[Problem]:
        problems: list[Problem] = usual(turn)
        if not when(turn):
            return problems
        return [problem for problem in problems if not any(matches(problem.loc, path) for path in paths)]

    return hook


def overlooks_if(forgiven: Callable[[Turn, Problem], Any]) -> Hook:
    """For `validate`: says nothing of these problems."""
    return lambda usual, turn: [problem for problem in usual(turn) if not forgiven(turn, problem)]


def refuses(path: str, when: When) -> Hook:
    """For `validate`: refuses what is right, when nothing else is wrong; names the place, `?` being the event's index.

    `when` may answer with the index of the event that it dislikes, or with True.
    """

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> list[Problem]:
        problems: list[Problem] = usual(turn)
        found = False if problems else when(turn)
        steps: list[Any] = path.split(".") if path else []
        if found is False if "?" in steps else not found:
            return problems
        steps = [int(found) if step == "?" else step for step in steps]
        return [Problem(("body", *steps), "value_error", "Value error, not supported")]

    return hook


def first_event(wrong: Callable[[dict[str, Any]], Any]) -> When:
    """The index of the first event that is wrong, for `refuses`."""
    return lambda turn: next((index for index, event in enumerate(turn.events) if wrong(event)), False)


def crashes(when: When) -> Hook:
    """For any hook that runs after validation: an exception nobody catches."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        if when(turn):
            raise RuntimeError
        return usual(turn)

    return hook


def answers(status: int, when: When, body: bytes = b'{"detail":"Something went wrong"}') -> Hook:
    """For any hook: this answer instead of the usual one."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        if when(turn):
            raise Done(Answer(status, body))
        return usual(turn)

    return hook


def wire(when: When, **how: Any) -> Hook:
    """For `send`: the usual answer, sent badly."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Answer:
        answer: Answer = usual(turn)
        if when(turn):
            for name, value in how.items():
                setattr(answer, name, value)
        return answer

    return hook


def edits(change: Callable[[Turn, Any], Any], when: When = always) -> Hook:
    """For hooks that make something: the usual thing, changed (in place, or by what the change returns)."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        made = usual(turn)
        if not when(turn):
            return made
        changed = change(turn, made)
        return made if changed is None else changed

    return hook
