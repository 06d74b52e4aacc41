"""Overrides of the normal response, and the rules that apply them to requests.

Values are checked when they are read, so a stored rule can always be applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from random import Random
from threading import Lock
from typing import Any

from chat_contract.errors import shorten
from mock_server.http.source import Fault
from mock_server.overrides.delays import Delay
from mock_server.overrides.matching import NO_CONDITIONS, Asked, Conditions

MAX_TIMES = 1_000_000
"""Maximum of a rule's counts."""
_MAX_RULES = 1000


class OverrideError(ValueError):
    """A preference or rule is invalid. ``name`` and ``value`` say which part; ``valid`` lists valid values."""

    def __init__(self, message: str, *, name: str, value: Any, valid: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.value = value
        self.valid = tuple(valid)

    def detail(self, subject: str) -> str:
        """Return the complete message. ``subject`` is what ``name`` names, such as "preference"."""
        del subject
        return _with_valid(str(self), self.valid)


class InvalidValueError(OverrideError):
    """A key has an invalid value. ``reason`` is a sentence that says what is expected."""

    def __init__(
        self, name: str, value: Any, *, valid: Sequence[str] = (), reason: str = "", problem: str = "Invalid value"
    ) -> None:
        super().__init__(" ".join(filter(None, (problem, reason))), name=name, value=value, valid=valid)
        self._problem = problem
        self._reason = reason

    def detail(self, subject: str) -> str:
        """Return the complete message."""
        sentence = f'{self._problem} {shorten(self.value)} for {subject} "{self.name}".'
        return _with_valid(" ".join(filter(None, (sentence, self._reason))), self.valid)


def _with_valid(text: str, valid: Sequence[str]) -> str:
    return f"{text} Valid values: {', '.join(valid)}." if valid else text


@dataclass(frozen=True)
class Body:
    """The body of a response: any JSON value, or with a ``Content-Type`` of another kind a text."""

    value: Any


@dataclass(frozen=True)
class Override:
    """What to change about the response. Fields that are None keep the normal response."""

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None
    conversation: str | None = None
    delay: Delay | None = None
    fault: Fault | None = None
    reply: Mapping[str, Any] | None = None
    """Fields of a reply, which replace those of an empty one."""
    body: Body | None = None
    headers: Mapping[str, str] | None = None
    invalid: bool | None = None
    """The reply or body may violate the contract, to test how a client copes with it."""

    @property
    def sets_response(self) -> bool:
        """Return whether the override chooses the response, and not only its delay, fault or headers."""
        return (
            self.code is not None
            or self.example is not None
            or self.dynamic is not None
            or self.conversation is not None
            or self.reply is not None
            or self.body is not None
        )

    def without_response(self) -> Override:
        """Return the override without the choice of the response."""
        return replace(self, **dict.fromkeys(_RESPONSE_KEYS)) if self.sets_response else self

    def filled_from(self, other: Override) -> Override:
        """Return this override with its empty fields taken from another one.

        An override that chooses the response applies as a whole: nothing of it is taken if this one chooses it too.
        """
        if self.sets_response and other.sets_response:
            return self
        more = {
            name: getattr(other, name)
            for name in OVERRIDE_KEYS
            if getattr(self, name) is None and getattr(other, name) is not None
        }
        return replace(self, **more) if more else self


@dataclass(frozen=True)
class Rule:
    """An override and the requests to which it applies."""

    override: Override
    conditions: Conditions = NO_CONDITIONS
    times: int | None = None
    """Number of requests that are left."""
    share: float | None = None
    """Probability with which the rule applies."""
    name: str | None = None
    """A label of the client that added the rule."""
    optional: bool | None = None
    """A test need not use the rule."""
    used: int = 0
    """Number of requests to which the rule applied."""

    def after_use(self) -> Rule:
        """Return the rule after one more request to which it applied."""
        times = None if self.times is None else self.times - 1
        return replace(self, times=times, used=self.used + 1)


NO_OVERRIDE = Override()
OVERRIDE_KEYS = tuple(field.name for field in fields(Override))
CONDITION_KEYS = tuple(field.name for field in fields(Conditions))
RULE_KEYS = ("times", "share", "name", "optional")
_RESPONSE_KEYS = ("code", "example", "dynamic", "conversation", "reply", "body")


def startup_rules(fault_rates: Sequence[Rule], delay: Delay | None) -> tuple[Rule, ...]:
    """Return the rules of the command line, which survive a reset."""
    return (*fault_rates, *([Rule(Override(delay=delay))] if delay else []))


class Rules:
    """The rules in force. Thread-safe."""

    def __init__(self, startup: Sequence[Rule], seed: int | None, *, max_bytes: int) -> None:
        """``seed`` makes shares, delays and generated values repeatable. ``max_bytes`` limits all rules together."""
        self._max_bytes = max_bytes
        self._startup = tuple(startup)
        self._seed = seed
        self._lock = Lock()
        self._current: tuple[Rule, ...] = ()
        self.chance = Random(seed)  # noqa: S311 - repeatable on purpose; nothing here is secret
        self.need_body = False
        """A rule has conditions on the request."""
        self.clear()

    @property
    def current(self) -> tuple[Rule, ...]:
        """The rules that were set through the control API."""
        return self._current

    def clear(self) -> None:
        """Remove all rules but those of the command line, and restart the random sequence."""
        with self._lock:
            self._set(())
            self.chance.seed(self._seed)

    def replaced(self, rules: Sequence[Rule]) -> Rules:
        """Return a copy with other rules, which were checked before, and with the same random sequence."""
        other = copy(self)
        other._set(rules)  # noqa: SLF001 - of the same class
        return other

    def put(self, rules: Sequence[Rule]) -> None:
        """Replace all rules."""
        with self._lock:
            self._set(self._checked(rules))

    def add(self, rules: Sequence[Rule]) -> None:
        """Append rules."""
        with self._lock:
            self._set(self._checked((*self._current, *rules)))

    def _checked(self, rules: Sequence[Rule]) -> Sequence[Rule]:
        if len(rules) > _MAX_RULES:
            raise OverrideError(
                f"Too many rules: {len(rules)}. The maximum is {_MAX_RULES}.", name="rules", value=len(rules)
            )
        size = sum(len(repr(rule)) for rule in rules)
        if size > self._max_bytes:
            raise OverrideError(
                f"The rules are too large: {size} bytes. The maximum is {self._max_bytes}.", name="rules", value=size
            )
        return rules

    def _set(self, rules: Sequence[Rule]) -> None:
        self._current = tuple(rules)
        self.need_body = any(rule.conditions is not NO_CONDITIONS for rule in rules)

    def next(self, preferred: Override, asked: Asked | None = None) -> Override:
        """Return the override for the next request, and count down the rules that it uses.

        The request's own preferences win, then the rules in their order.
        """
        if not self._current and not self._startup:
            return preferred
        with self._lock:
            result, left = preferred, []
            for rule in self._current:
                filled = self._fill(result, rule, asked)
                if filled is result:
                    left.append(rule)
                elif rule.times != 1:
                    left.append(rule.after_use())
                result = filled
            for rule in self._startup:
                result = self._fill(result, rule, asked)
            self._set(left)
            return result

    def _fill(self, override: Override, rule: Rule, asked: Asked | None) -> Override:
        if asked is not None and not rule.conditions.hold_for(asked):
            return override
        if rule.share is not None and self.chance.random() >= rule.share:
            return override
        return override.filled_from(rule.override)

    def sample(self, delay: Delay) -> float:
        """Draw a delay in seconds."""
        with self._lock:
            return delay.sample(self.chance)
