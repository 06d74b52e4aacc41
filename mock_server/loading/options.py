"""What a mock can be told when it starts, apart from where it listens: plain frozen values, checked when they are made.

One description of every option serves both command lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chat_contract import UsageError
from kit_http.urls import split_http_url
from mock_server.overrides.delays import Delay, DelayError, read_delay
from mock_server.overrides.rules import BehaviourError, Rule, read_fault_rates

DEFAULT_MAX_BODY = 10 * 1024 * 1024
DEFAULT_MAX_CONVERSATIONS = 10_000
DEFAULT_MAX_REQUESTS_KEPT = 1000

_SECONDS = {"s": 1, "min": 60, "h": 3600}
_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|min|h)", re.ASCII)


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds."""

    requests: int
    seconds: int


@dataclass(frozen=True)
class Options:
    """How the mock is to behave. Plain data, so that it can be handed to another process."""

    fixtures: Path | None = None
    spec: Path | None = None
    overlays: tuple[Path, ...] = ()
    latitude: str = "documented"
    seed: int | None = None
    max_body: int = DEFAULT_MAX_BODY
    max_conversations: int = DEFAULT_MAX_CONVERSATIONS
    max_requests_kept: int = DEFAULT_MAX_REQUESTS_KEPT
    delay: Delay | None = None
    fault_rates: tuple[Rule, ...] = ()
    rate_limit: Rate | None = None
    cors_origins: tuple[str, ...] = ()
    require_key: str | None = field(default=None, repr=False)
    control_token: str | None = field(default=None, repr=False)
    upstream: str | None = None
    upstream_key_env: str | None = None
    own_name: str | None = None
    """The name that the mock was told to listen on, which is a name of this machine."""


def read_options(given: Mapping[str, Any]) -> Options:
    """Read what a command line was given; raises :class:`UsageError`.

    Texts are read where they stand for something; what was not given stays as it is by default.
    """
    read = {name: _READERS[name](value) if name in _READERS else value for name, value in given.items()}
    return Options(**{name: value for name, value in read.items() if value is not None})


def _rate(text: str | None) -> Rate | None:
    if text is None:
        return None
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--rate-limit {text!r} is no rate; write it as 10/s, 100/min or 1000/h")
    return Rate(int(match.group(1)), _SECONDS[match.group(2)])


def _delay(text: str | None) -> Delay | None:
    try:
        return None if text is None else read_delay(text)
    except DelayError as error:
        raise UsageError(f"--delay {error}") from None


def _fault_rates(text: str | None) -> tuple[Rule, ...] | None:
    try:
        return None if text is None else read_fault_rates(text)
    except BehaviourError as error:
        raise UsageError(f"--fault-rate {error}") from None


def _origins(texts: tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return tuple(_origin(text) for text in texts or ())


def _origin(text: str) -> str:
    if text == "*":
        return text
    parts = split_http_url(text)
    if parts is None or text.rstrip("/") != f"{parts.scheme}://{parts.netloc}" or "@" in text:
        raise UsageError(
            f"--cors-origin {text!r} is no origin; write scheme, host and port alone, "
            "such as http://shop.test:5173, or * for all"
        )
    return text.rstrip("/").lower()


def _secret(name: str) -> Any:
    def read(text: str | None) -> str | None:
        # What cannot stand in a header could never be sent.
        if text is not None and not re.fullmatch(r"[!-~]+", text, re.ASCII):
            raise UsageError(f"--{name} must be one word of printable ASCII characters; it is not shown here")
        return text

    return read


_READERS: Mapping[str, Any] = {
    "rate_limit": _rate,
    "delay": _delay,
    "fault_rates": _fault_rates,
    "cors_origins": _origins,
    "overlays": tuple,
    "require_key": _secret("require-key"),
    "control_token": _secret("control-token"),
}
