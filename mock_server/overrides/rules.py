"""What the mock can be told to do instead of answering as usual, by a header or through the control API.

Pure but for the store, which counts. A behaviour is checked when it is read, so that what is stored can be done.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from random import Random
from threading import Lock
from typing import Any, Protocol

from mock_server.overrides.delays import Delay, DelayError, read_delay

FAULTS = ("drop", "truncate", "malformed", "slow", "empty")
"""drop: head, then nothing; truncate: part of the body; malformed: broken JSON; slow: bit by bit; empty: no body."""

_MOST_RULES = 1000


class Known(Protocol):
    """What there is to choose from."""

    @property
    def example_names(self) -> Mapping[str, int]: ...
    @property
    def conversation_names(self) -> Sequence[str]: ...
    @property
    def dynamic_codes(self) -> Sequence[int]: ...
    def fault_of_reply(self, reply: Mapping[str, Any]) -> str | None: ...


class BehaviourError(ValueError):
    """Something that cannot be done; ``known`` lists what could."""

    def __init__(self, message: str, *, name: str, value: Any, known: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.value = value
        self.known = tuple(known)


@dataclass(frozen=True)
class Behaviour:
    """What to do; nothing set means as usual."""

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None
    conversation: str | None = None
    delay: Delay | None = None
    fault: str | None = None
    reply: Mapping[str, Any] | None = None

    @property
    def chooses_the_answer(self) -> bool:
        return any(
            value is not None for value in (self.code, self.example, self.dynamic, self.conversation, self.reply)
        )

    def without_answer(self) -> Behaviour:
        """Return what is left where the choice of the answer cannot be followed."""
        return replace(self, **dict.fromkeys(_ANSWER)) if self.chooses_the_answer else self

    def filled_from(self, other: Behaviour) -> Behaviour:
        """Return this behaviour with what it leaves open taken from another one.

        Which answer to give is one choice: half of it from here and half from there would be neither.
        """
        keep = _ANSWER if self.chooses_the_answer else ()
        more = {
            name: getattr(other, name)
            for name in _BEHAVIOUR
            if name not in keep and getattr(self, name) is None and getattr(other, name) is not None
        }
        return replace(self, **more) if more else self

    def __str__(self) -> str:
        given = ((name, getattr(self, name)) for name in _BEHAVIOUR)
        return ", ".join(f"{name}={_shown(value)}" for name, value in given if value is not None)


@dataclass(frozen=True)
class Rule:
    """A behaviour, and whom it is for; ``times`` counts down."""

    behaviour: Behaviour
    times: int | None = None
    share: float | None = None
    conversation_id: str | None = None
    user_id: str | None = None

    def is_about(self, conversation_id: Any, user_id: Any) -> bool:
        return self.conversation_id in (None, conversation_id) and self.user_id in (None, user_id)

    def written(self) -> dict[str, Any]:
        """Return the rule as the control API takes it."""
        pairs = [
            *((name, getattr(self.behaviour, name)) for name in _BEHAVIOUR),
            *((name, getattr(self, name)) for name in _WHOM),
        ]
        return {name: str(value) if isinstance(value, Delay) else value for name, value in pairs if value is not None}


AS_USUAL = Behaviour()
_BEHAVIOUR = tuple(field.name for field in fields(Behaviour))
_WHOM = ("times", "share", "conversation_id", "user_id")
_ANSWER = ("code", "example", "dynamic", "conversation", "reply")


class Behaviours:
    """The rules that are in force. Safe to use from many threads at once."""

    def __init__(self, always: Sequence[Rule], seed: int | None) -> None:
        self._always = tuple(always)
        self._seed = seed
        self._lock = Lock()
        self._rules: tuple[Rule, ...] = ()
        self.chance = Random(seed)  # noqa: S311 - repeatable is the point; nothing here is secret
        self.about_someone = False
        self.clear()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules as they stand now, without those of the command line."""
        return self._rules

    def clear(self) -> None:
        """Drop every rule but those of the command line, and start the sequence of chances anew."""
        with self._lock:
            self._set(())
            self.chance.seed(self._seed)

    def put(self, rules: Sequence[Rule]) -> None:
        """Replace all rules."""
        with self._lock:
            self._set(rules)

    def add(self, rules: Sequence[Rule]) -> None:
        """Add rules behind those that there are."""
        with self._lock:
            self._set((*self._rules, *rules))

    def _set(self, rules: Sequence[Rule]) -> None:
        if len(rules) > _MOST_RULES:
            raise BehaviourError(
                f"{len(rules)} rules are too many; keep to {_MOST_RULES}", name="rules", value=len(rules)
            )
        self._rules = tuple(rules)
        self.about_someone = any(rule.conversation_id is not None or rule.user_id is not None for rule in rules)

    def next(self, asked: Behaviour, conversation_id: Any = None, user_id: Any = None) -> Behaviour:
        """Return what to do with the next request; what it asks for itself goes first, then rule after rule."""
        if not self._rules and not self._always:
            return asked
        with self._lock:
            done, left = asked, []
            for rule in self._rules:
                fuller = self._after(rule, done, conversation_id, user_id)
                spent = rule.times is not None and fuller is not done
                if not spent:
                    left.append(rule)
                elif rule.times is not None and rule.times > 1:
                    left.append(replace(rule, times=rule.times - 1))
                done = fuller
            for rule in self._always:
                done = self._after(rule, done, conversation_id, user_id)
            self._set(left)
            return done

    def _after(self, rule: Rule, done: Behaviour, conversation_id: Any, user_id: Any) -> Behaviour:
        if not rule.is_about(conversation_id, user_id):
            return done
        if rule.share is not None and self.chance.random() >= rule.share:
            return done
        return done.filled_from(rule.behaviour)

    def sample(self, delay: Delay) -> float:
        """Draw how long to wait."""
        with self._lock:
            return delay.sample(self.chance)


# From what people write -----------------------------------------------------------------------------------------------


def read_rules(value: Any, known: Known) -> list[Rule]:
    """Read one rule, or ``{"rules": [...]}``; raises :class:`BehaviourError`."""
    if isinstance(value, dict) and set(value) == {"rules"} and isinstance(value["rules"], list):
        return [read_rule(rule, known) for rule in value["rules"]]
    return [read_rule(value, known)]


def read_rule(value: Any, known: Known) -> Rule:
    """Read one rule; raises :class:`BehaviourError`."""
    if not isinstance(value, dict) or not value:
        raise BehaviourError(
            'a rule is a JSON object such as {"code": 429, "times": 2}', name="rule", value=value, known=_KEYS
        )
    for key in value:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise BehaviourError(f"there is no {key!r} in a rule{hint}", name=key, value=value[key], known=_KEYS)
    behaviour = read_behaviour({key: value[key] for key in value if key in _BEHAVIOUR}, known)
    whom = {key: _WHOM_READERS[key](value[key]) for key in _WHOM if value.get(key) is not None}
    return Rule(behaviour, **whom)


def read_behaviour(value: Mapping[str, Any], known: Known) -> Behaviour:
    """Read what to do, each key with its value; raises :class:`BehaviourError`."""
    read = {key: _READERS[key](given, known) for key, given in value.items() if given is not None}
    behaviour = Behaviour(**read)
    _check_choice(behaviour, known)
    return behaviour


def check_still_known(behaviour: Behaviour, known: Known) -> None:
    """Raise :class:`BehaviourError` if what could be done when the behaviour was read cannot be done any more."""
    if behaviour.chooses_the_answer:
        chosen = {name: getattr(behaviour, name) for name in _ANSWER}
        read_behaviour(chosen, known)


def _check_choice(behaviour: Behaviour, known: Known) -> None:
    if behaviour.example is not None and behaviour.code is not None:
        names = [name for name, code in known.example_names.items() if code == behaviour.code]
        if behaviour.example not in names:
            raise BehaviourError(
                f"there is no example {behaviour.example!r} of {behaviour.code}",
                name="example",
                value=behaviour.example,
                known=names,
            )
    if behaviour.dynamic and behaviour.code is not None and behaviour.code not in known.dynamic_codes:
        raise BehaviourError(
            f"the contract has no schema for {behaviour.code}, so nothing can be made from it",
            name="code",
            value=behaviour.code,
            known=[str(code) for code in known.dynamic_codes],
        )


def _code(value: Any, _known: Known) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch("[2-5][0-9]{2}", text, re.ASCII):
        raise BehaviourError(f"{value!r} is no code to answer with", name="code", value=value, known=["200 to 599"])
    return int(text)


def _one_of(name: str, value: Any, names: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in names:
        raise BehaviourError(f"there is no {name} {value!r}", name=name, value=value, known=names)
    return value


def _truth(value: Any, _known: Known) -> bool | None:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return None
    raise BehaviourError(f"dynamic is {value!r}", name="dynamic", value=value, known=["true", "false"])


def _delay(value: Any, _known: Known) -> Delay:
    try:
        return read_delay(value)
    except DelayError as error:
        raise BehaviourError(str(error), name="delay", value=value) from None


def _reply(value: Any, known: Known) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BehaviourError('a reply is an object such as {"message": "..."}', name="reply", value=value)
    fault = known.fault_of_reply(value)
    if fault is not None:
        raise BehaviourError(f"the contract allows no such reply: {fault}", name="reply", value=value)
    return value


_READERS: Mapping[str, Any] = {
    "code": _code,
    "example": lambda value, known: _one_of("example", value, list(known.example_names)),
    "dynamic": _truth,
    "conversation": lambda value, known: _one_of("conversation", value, known.conversation_names),
    "delay": _delay,
    "fault": lambda value, _known: _one_of("fault", value, FAULTS),
    "reply": _reply,
}


def _times(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1_000_000:
        raise BehaviourError(f"{value!r} is no number of times; use 1 to 1000000", name="times", value=value)
    return value


def _share(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise BehaviourError(f"{value!r} is no share; use a number from 0 to 1", name="share", value=value)
    return float(value)


def _whom(name: str) -> Any:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise BehaviourError(f"{name} is a string that is not empty", name=name, value=value)
        return value

    return read


_WHOM_READERS: Mapping[str, Any] = {
    "times": _times,
    "share": _share,
    "conversation_id": _whom("conversation_id"),
    "user_id": _whom("user_id"),
}
_KEYS = (*_BEHAVIOUR, *_WHOM)


def read_fault_rates(text: str) -> tuple[Rule, ...]:
    """Read ``drop=0.02,500=0.01``: a fault or a code, and the share of requests that it hits.

    Raises :class:`BehaviourError`.
    """
    rules = []
    for part in text.split(","):
        name, equals, share = (piece.strip() for piece in part.partition("="))
        if not equals or not re.fullmatch(r"[0-9]*\.?[0-9]+", share, re.ASCII) or not float(share) <= 1:
            raise BehaviourError(
                f"{part.strip()!r} is no fault with its share; write drop=0.02,500=0.01", name="fault-rate", value=text
            )
        rules.append(Rule(_fault_or_code(name, text), share=float(share)))
    return tuple(rules)


def _fault_or_code(name: str, text: str) -> Behaviour:
    if name in FAULTS:
        return Behaviour(fault=name)
    if re.fullmatch("[2-5][0-9]{2}", name, re.ASCII):
        return Behaviour(code=int(name))
    raise BehaviourError(
        f"{name!r} is neither a fault nor a code; use {', '.join(FAULTS)}, or 200 to 599", name="fault-rate", value=text
    )


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "given"
    return "true" if value is True else str(value)
