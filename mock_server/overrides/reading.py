"""Reads preferences, rules and fault rates from text and JSON, and checks each value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from chat_contract.patterns import PatternError
from mock_server.http.source import Fault
from mock_server.overrides.delays import DelayError, read_delay
from mock_server.overrides.matching import NO_CONDITIONS, Conditions
from mock_server.overrides.rules import (
    CONDITION_KEYS,
    MAX_TIMES,
    OVERRIDE_KEYS,
    RULE_KEYS,
    Body,
    InvalidValueError,
    Override,
    OverrideError,
    Rule,
)
from mock_server.validation.patterns import compile_pattern

_STATUS = re.compile("[2-5][0-9]{2}", re.ASCII)
_STATUSES = "200 to 599"
_KEYS = (*OVERRIDE_KEYS, *CONDITION_KEYS, *RULE_KEYS)
_FAULTS = tuple(map(str, Fault))
_CONTENTS = ("reply", "body", "example", "dynamic", "conversation")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}", re.ASCII)
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,4096}")
_SET_BY_THE_MOCK = frozenset({"content-length", "transfer-encoding", "connection", "date"})


class Choices(Protocol):
    """The values that an override may name. The snapshot implements it."""

    @property
    def example_names(self) -> Mapping[str, int]: ...
    @property
    def conversation_names(self) -> Sequence[str]: ...
    @property
    def dynamic_codes(self) -> Sequence[int]: ...
    def reply_error(self, reply: Mapping[str, Any]) -> str | None: ...
    def body_error(self, status: int, body: Any) -> str | None: ...


def read_rules(value: Any, choices: Choices) -> list[Rule]:
    """Read one rule, or ``{"rules": [...]}``. Raise :class:`OverrideError` if one is invalid."""
    if isinstance(value, dict) and set(value) == {"rules"} and isinstance(value["rules"], list):
        return [read_rule(rule, choices) for rule in value["rules"]]
    return [read_rule(value, choices)]


def read_rule(value: Any, choices: Choices) -> Rule:
    """Read one rule. Raise :class:`OverrideError` if it is invalid."""
    if not isinstance(value, dict) or not value:
        raise OverrideError('A rule is a JSON object such as {"code": 429, "times": 2}.', name="rule", value=value)
    for key in value:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            hint = f' Did you mean "{near[0]}"?' if near else f" Valid keys: {', '.join(_KEYS)}."
            raise OverrideError(f'Unknown key "{key}" in a rule.{hint}', name=key, value=value[key])
    override = read_override({key: value[key] for key in value if key in OVERRIDE_KEYS}, choices)
    conditions = _read(CONDITION_KEYS, value)
    own = _read(RULE_KEYS, value)
    return Rule(override, Conditions(**conditions) if conditions else NO_CONDITIONS, **own)


def _read(keys: Sequence[str], value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _READERS[key](value[key]) for key in keys if value.get(key) is not None}


def read_override(value: Mapping[str, Any], choices: Choices) -> Override:
    """Read an override, key by key. Raise :class:`OverrideError` if a value is invalid."""
    read = {key: _OVERRIDES[key](given, choices) for key, given in value.items() if given is not None or key == "body"}
    override = Override(**read)
    _check_combination(override, choices)
    return override


def check_still_valid(override: Override, choices: Choices) -> None:
    """Raise :class:`OverrideError` if a reload has made a value invalid since the override was read."""
    for name in ("example", "conversation"):
        value = getattr(override, name)
        if value is not None:
            _OVERRIDES[name](value, choices)
    if override.sets_response:
        _check_combination(override, choices)


def _check_combination(override: Override, choices: Choices) -> None:
    code, example = override.code, override.example
    chosen = [name for name in _CONTENTS if getattr(override, name) is not None]
    if len(chosen) > 1 and (override.reply is not None or override.body is not None):
        reason = f"A rule may have only one of {', '.join(_CONTENTS)}; this one has {' and '.join(chosen)}."
        raise OverrideError(reason, name=chosen[1], value=", ".join(chosen))
    if override.reply is not None and code not in (None, 200):
        reason = f'A reply has status 200, not {code}. Write the content of a response with another status as "body".'
        raise InvalidValueError("reply", override.reply, reason=reason)
    if not override.invalid:
        _check_conforms(override, choices)
    if example is not None and code is not None and choices.example_names.get(example) != code:
        names = [name for name, status in choices.example_names.items() if status == code]
        reason = f"The contract has no such example for status {code}."
        raise InvalidValueError("example", example, valid=names, reason=reason)
    if override.dynamic and code is not None and code not in choices.dynamic_codes:
        reason = "The contract has no response schema for this status."
        raise InvalidValueError("code", code, valid=list(map(str, choices.dynamic_codes)), reason=reason)


def _check_conforms(override: Override, choices: Choices) -> None:
    found = {}
    if override.reply is not None:
        found["reply"] = override.reply, choices.reply_error(override.reply)
    if override.body is not None and not _has_other_type(override):
        found["body"] = override.body.value, choices.body_error(override.code or 200, override.body.value)
    for name, (value, error) in found.items():
        if error is not None:
            hint = 'To send it on purpose, add "invalid": true.'
            raise InvalidValueError(name, value, reason=f"The {name} violates the contract: {error}. {hint}")


def _has_other_type(override: Override) -> bool:
    names = {name.lower() for name in override.headers or {}}
    return "content-type" in names and override.code not in (None, 200)


def _code(value: Any, _choices: Choices) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _STATUS.fullmatch(text):
        raise InvalidValueError("code", value, valid=[_STATUSES], problem="Unknown value")
    return int(text)


def _one_of(name: str, value: Any, valid: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in valid:
        raise InvalidValueError(name, value, valid=valid, problem="Unknown value")
    return value


def _dynamic(value: Any, _choices: Choices) -> bool | None:
    if value in (True, "true"):
        return True
    if value in (False, "false"):
        return None
    raise InvalidValueError("dynamic", value, valid=["true", "false"])


def _delay(value: Any, _choices: Choices) -> Any:
    try:
        return read_delay(value)
    except DelayError as error:
        raise InvalidValueError("delay", value, reason=error.expected) from None


def _reply(value: Any, _choices: Choices) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValueError("reply", value, reason='Expected an object such as {"message": "..."}.')
    return value


def _headers(name: str) -> Callable[[Any], Mapping[str, str]]:
    def read(value: Any) -> Mapping[str, str]:
        if not isinstance(value, dict) or not value:
            raise InvalidValueError(name, value, reason='Expected an object such as {"Retry-After": "7"}.')
        texts = {key: str(given) if type(given) in (int, float) else given for key, given in value.items()}
        for key, given in texts.items():
            if not isinstance(given, str) or not can_send(key, given):
                raise InvalidValueError(name, {key: given}, reason="Expected header names with text values.")
        return texts

    return read


def can_send(name: str, value: str) -> bool:
    """Return whether a response can have this header."""
    return bool(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value))


def read_headers(value: Any) -> Mapping[str, str]:
    """Read the headers of a response. Raise :class:`OverrideError` for one that the mock cannot send."""
    headers = _headers("headers")(value)
    for key in headers:
        if key.lower() in _SET_BY_THE_MOCK:
            raise InvalidValueError("headers", {key: headers[key]}, reason=f"The mock sets {key} itself. Remove it.")
    return headers


def _flag(name: str) -> Callable[[Any], bool | None]:
    def read(value: Any) -> bool | None:
        if not isinstance(value, bool):
            raise InvalidValueError(name, value, valid=["true", "false"])
        return value or None

    return read


_OVERRIDES: Mapping[str, Callable[[Any, Choices], Any]] = {
    "code": _code,
    "example": lambda value, choices: _one_of("example", value, list(choices.example_names)),
    "dynamic": _dynamic,
    "conversation": lambda value, choices: _one_of("conversation", value, choices.conversation_names),
    "delay": _delay,
    "fault": lambda value, _choices: Fault(_one_of("fault", value, _FAULTS)),
    "reply": _reply,
    "body": lambda value, _choices: Body(value),
    "headers": lambda value, _choices: read_headers(value),
    "invalid": lambda value, _choices: _flag("invalid")(value),
}


def _count(name: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_TIMES:
            raise InvalidValueError(name, value, reason=f"Expected an integer from 1 to {MAX_TIMES}.")
        return value

    return read


def _share(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise InvalidValueError("share", value, reason="Expected a number from 0 to 1.")
    return float(value)


def _non_empty(name: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise InvalidValueError(name, value, reason="Expected a non-empty string.")
        return value

    return read


def _pattern(value: Any) -> str:
    text = _non_empty("pattern")(value)
    try:
        compile_pattern(text)
    except PatternError as error:
        raise InvalidValueError("pattern", value, reason=f"The pattern is invalid: {error}.") from None
    return text


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "times": _count("times"),
    "share": _share,
    "conversation_id": _non_empty("conversation_id"),
    "session_id": _non_empty("session_id"),
    "user_id": _non_empty("user_id"),
    "message": _non_empty("message"),
    "pattern": _pattern,
    "turn": _count("turn"),
    "request_headers": _headers("request_headers"),
    "name": _non_empty("name"),
    "optional": _flag("optional"),
}


def read_fault_rates(text: str) -> tuple[Rule, ...]:
    """Read ``drop=0.02,500=0.01``: faults or statuses, each with the share of requests that get it.

    Raises :class:`OverrideError`.
    """
    rules = []
    for part in text.split(","):
        name, equals, share = (piece.strip() for piece in part.partition("="))
        if not equals or not re.fullmatch(r"[0-9]*\.?[0-9]+", share, re.ASCII) or not float(share) <= 1:
            raise OverrideError(
                f'Invalid fault rate "{part.strip()}". Expected <fault or status>=<share from 0 to 1>, '
                "for example drop=0.02,500=0.01.",
                name="fault-rate",
                value=text,
            )
        rules.append(Rule(_fault_or_status(name, text), share=float(share)))
    return tuple(rules)


def _fault_or_status(name: str, text: str) -> Override:
    if name in _FAULTS:
        return Override(fault=Fault(name))
    if _STATUS.fullmatch(name):
        return Override(code=int(name))
    raise OverrideError(
        f'Unknown fault "{name}". Valid values: {", ".join(_FAULTS)}, or a status from {_STATUSES}.',
        name="fault-rate",
        value=text,
    )
