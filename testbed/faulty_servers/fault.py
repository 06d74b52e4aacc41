"""The definition of a planted fault, and helpers to plant one."""

from __future__ import annotations

from collections import Counter
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
    met: Counter[str] | None = field(
        default=None, repr=False
    )  # of a drawn fault: requests that met its conditions, by base

    @property
    def needs_key(self) -> bool:
        return self.style.keyed


class Group:
    """The faults of one group; `group(name, about, witness, **hooks)` adds one."""

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
    """Serve a fault or a correct style on the loopback interface and yield its base URL."""
    app = Chat(what) if isinstance(what, Style) else Chat(what.style, what.hooks)
    with Server(app, port) as server:
        yield f"http://127.0.0.1:{server.port}{PREFIX}"


def matches(loc: Sequence[Any], path: str) -> bool:
    """Return whether a loc is at a dotted path below the body; `*` matches any one step."""
    steps = path.split(".") if path else []
    return len(loc) == len(steps) + 1 and all(
        step in ("*", str(part)) for step, part in zip(steps, loc[1:], strict=True)
    )


def always(_: Turn) -> bool:
    return True


def overlooks(*paths: str, when: When = always) -> Hook:
    """Return a hook for `validate` that does not report faults at these paths."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> list[Problem]:
        problems: list[Problem] = usual(turn)
        if not when(turn):
            return problems
        return [problem for problem in problems if not any(matches(problem.loc, path) for path in paths)]

    return hook


def overlooks_if(forgiven: Callable[[Turn, Problem], Any]) -> Hook:
    """Return a hook for `validate` that does not report these problems."""
    return lambda usual, turn: [problem for problem in usual(turn) if not forgiven(turn, problem)]


def rejects(path: str, when: When) -> Hook:
    """Return a hook for `validate` that rejects a valid request at a path; `?` stands for the index of an event.

    `when` returns True, or the index of the event to reject.
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
    """Return a condition for `rejects`: the index of the first matching event, or False."""
    return lambda turn: next((index for index, event in enumerate(turn.events) if wrong(event)), False)


def crashes(when: When) -> Hook:
    """Return a hook that raises an exception which nothing catches; for hooks after validation."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        if when(turn):
            raise RuntimeError
        return usual(turn)

    return hook


def answers(status: int, when: When, body: bytes = b'{"detail":"Something went wrong"}') -> Hook:
    """Return a hook that responds with this status instead of the usual response."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        if when(turn):
            raise Done(Answer(status, body))
        return usual(turn)

    return hook


def wire(when: When, **how: Any) -> Hook:
    """Return a hook for `send` that sends the usual response incorrectly."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Answer:
        answer: Answer = usual(turn)
        if when(turn):
            for name, value in how.items():
                setattr(answer, name, value)
        return answer

    return hook


def edits(change: Callable[[Turn, Any], Any], when: When = always) -> Hook:
    """Return a hook that changes the usual result, in place or by the value that the change returns."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        made = usual(turn)
        if not when(turn):
            return made
        changed = change(turn, made)
        return made if changed is None else changed

    return hook
