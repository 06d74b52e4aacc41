"""Overrides of the normal response, and the rules that apply them to requests.

Values are checked when they are read, so a stored rule can always be applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from threading import Lock
from typing import Any

from chat_contract.errors import shorten
from mock_server.http.source import Fault
from mock_server.overrides.delays import Delay

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
class Override:
    """What to change about the response. Fields that are None keep the normal response."""

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None
    conversation: str | None = None
    delay: Delay | None = None
    fault: Fault | None = None
    reply: Mapping[str, Any] | None = None

    @property
    def sets_response(self) -> bool:
        """Return whether the override chooses the response, and not only its delay or fault."""
        return (
            self.code is not None
            or self.example is not None
            or self.dynamic is not None
            or self.conversation is not None
            or self.reply is not None
        )

    def without_response(self) -> Override:
        """Return the override without the choice of the response."""
        return replace(self, **dict.fromkeys(_RESPONSE_KEYS)) if self.sets_response else self

    def filled_from(self, other: Override) -> Override:
        """Return this override with its empty fields taken from another one.

        The fields that choose the response belong together: they are taken all or none.
        """
        keep = _RESPONSE_KEYS if self.sets_response else ()
        more = {
            name: getattr(other, name)
            for name in OVERRIDE_KEYS
            if name not in keep and getattr(self, name) is None and getattr(other, name) is not None
        }
        return replace(self, **more) if more else self


@dataclass(frozen=True)
class Rule:
    """An override and the requests to which it applies. All conditions must hold."""

    override: Override
    times: int | None = None
    """Number of requests that are left."""
    share: float | None = None
    """Probability with which the rule applies."""
    conversation_id: str | None = None
    user_id: str | None = None

    def applies_to(self, conversation_id: Any, user_id: Any) -> bool:
        """Return whether the rule is for this conversation and user."""
        return self.conversation_id in (None, conversation_id) and self.user_id in (None, user_id)


NO_OVERRIDE = Override()
OVERRIDE_KEYS = tuple(field.name for field in fields(Override))
CONDITION_KEYS = tuple(field.name for field in fields(Rule) if field.name != "override")
_RESPONSE_KEYS = ("code", "example", "dynamic", "conversation", "reply")


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
        """A rule depends on the body: on its conversation or its user."""
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
        self.need_body = any(rule.conversation_id is not None or rule.user_id is not None for rule in rules)

    def next(self, preferred: Override, conversation_id: Any = None, user_id: Any = None) -> Override:
        """Return the override for the next request, and count down the rules that it uses.

        The request's own preferences win, then the rules in their order.
        """
        if not self._current and not self._startup:
            return preferred
        with self._lock:
            result, left = preferred, []
            for rule in self._current:
                filled = self._fill(result, rule, conversation_id, user_id)
                if rule.times is None or filled is result:
                    left.append(rule)
                elif rule.times > 1:
                    left.append(replace(rule, times=rule.times - 1))
                result = filled
            for rule in self._startup:
                result = self._fill(result, rule, conversation_id, user_id)
            self._set(left)
            return result

    def _fill(self, override: Override, rule: Rule, conversation_id: Any, user_id: Any) -> Override:
        if not rule.applies_to(conversation_id, user_id):
            return override
        if rule.share is not None and self.chance.random() >= rule.share:
            return override
        return override.filled_from(rule.override)

    def sample(self, delay: Delay) -> float:
        """Draw a delay in seconds."""
        with self._lock:
            return delay.sample(self.chance)
