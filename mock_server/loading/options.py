"""The mock's start-up options, without the address it listens on: frozen values, checked when they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from chat_contract import UsageError
from mock_server import defaults
from mock_server.http.access import Access, read_allowed_hosts
from mock_server.http.origins import OriginError, read_origin
from mock_server.loading.store_location import PASSWORD_VARIABLE, Location, read_location
from mock_server.overrides.delays import Delay, DelayError, read_delay
from mock_server.overrides.reading import read_fault_rates
from mock_server.overrides.rules import OverrideError, Rule

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_MAX_TTL = 30 * 86400
_DURATION = re.compile(r"([1-9][0-9]{0,8})(s|min|h|d)", re.ASCII)
_RATE = re.compile(r"([1-9][0-9]{0,8})/(s|min|h)", re.ASCII)


@dataclass(frozen=True)
class Rate:
    """A number of requests per number of seconds."""

    requests: int
    seconds: int


@dataclass(frozen=True)
class Options:
    """Options of a mock."""

    fixtures: Path | None = None
    spec: Path | None = None
    overlays: tuple[Path, ...] = ()
    latitude: str = "documented"
    seed: int | None = None
    max_body: int = defaults.MAX_BODY
    max_conversations: int = defaults.MAX_CONVERSATIONS
    max_requests_kept: int = defaults.MAX_REQUESTS_KEPT
    max_journal_bytes: int = defaults.MAX_JOURNAL_BYTES
    max_followers: int = defaults.MAX_FOLLOWERS
    max_spaces: int = defaults.MAX_SPACES
    max_space_bytes: int = defaults.MAX_SPACE_BYTES
    delay: Delay | None = None
    fault_rates: tuple[Rule, ...] = ()
    rate_limit: Rate | None = None
    cors_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    """Names of this machine besides localhost, as clients write them."""
    require_key: str | None = field(default=None, repr=False)
    control_token: str | None = field(default=None, repr=False)
    upstream: str | None = None
    upstream_key_env: str | None = None
    ca_bundle: Path | None = None
    """Certificates to trust for the upstream service."""
    cert: Path | None = None
    key: Path | None = None
    proxy: str | None = None
    insecure: bool = False
    timeout: float = defaults.UPSTREAM_TIMEOUT
    """Seconds in which the upstream service must respond completely."""
    upstream_max_body: int = defaults.UPSTREAM_MAX_BODY
    """Bytes that a response of the upstream service may have."""
    max_fixture_files: int | None = defaults.MAX_FIXTURE_FILES
    """The maximum number of conversations in the folder of fixtures; None for no limit."""
    max_hang: float = defaults.MAX_HANG
    """Seconds after which the fault ``hang`` closes the connection."""
    store: Location | None = None
    """Where replicas share conversations, spaces, rules and journal."""
    conversation_ttl: int = defaults.CONVERSATION_TTL
    """Seconds after which the store forgets a conversation that nobody uses."""
    store_timeout: float = defaults.STORE_TIMEOUT
    """Seconds in which the store must respond."""
    own_name: str | None = None
    """The host name on which the mock listens. It counts as a name of this machine."""

    @property
    def access(self) -> Access:
        """Return who may use the control API and the key of the upstream service."""
        return make_access(self.own_name, self.allowed_hosts, self.cors_origins, self.control_token)


def make_access(
    own_name: str | None, allowed_hosts: tuple[str, ...], origins: tuple[str, ...], token: str | None = None
) -> Access:
    """Return who has access to a server that listens on ``own_name``."""
    names = allowed_hosts if own_name is None else (own_name, *allowed_hosts)
    return Access(names, origins, token, from_elsewhere=bool(allowed_hosts))


def read_options(given: Mapping[str, Any]) -> Options:
    """Read the values of a command line. Raise :class:`UsageError` if one is invalid.

    ``given`` has the names of the options. Values that are None keep their default.
    """
    read = {name: _READERS[name](value) if name in _READERS else value for name, value in given.items()}
    return Options(**{_PLURALS.get(name, name): value for name, value in read.items() if value is not None})


def _rate(text: str | None) -> Rate | None:
    if text is None:
        return None
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise UsageError(
            f'Invalid rate "{text}" for --rate-limit. Expected <count>/<unit>, for example 10/s, 100/min or 1000/h.'
        )
    return Rate(int(match.group(1)), _SECONDS[match.group(2)])


def _ttl(text: str | None) -> int | None:
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) * _SECONDS[match[2]] > _MAX_TTL:
        raise UsageError(
            f'Invalid duration "{text[:80]}" for --conversation-ttl. '
            "Expected <count><unit> up to 30d, for example 90s, 30min, 12h or 1d."
        )
    return int(match[1]) * _SECONDS[match[2]]


def _delay(text: str | None) -> Delay | None:
    try:
        return None if text is None else read_delay(text)
    except DelayError as error:
        raise UsageError(f"--delay: {error}") from None


def _fault_rates(text: str | None) -> tuple[Rule, ...] | None:
    try:
        return None if text is None else read_fault_rates(text)
    except OverrideError as error:
        raise UsageError(f"--fault-rate: {error}") from None


def _origins(texts: tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    try:
        return tuple(map(read_origin, texts or ()))
    except OriginError as error:
        raise UsageError(f"--cors-origin: {error}") from None


def _secret(name: str) -> Any:
    def read(text: str | None) -> str | None:
        # Clients send it in a header, which cannot hold other characters.
        if text is not None and not re.fullmatch(r"[!-~]+", text, re.ASCII):
            raise UsageError(f"Invalid value for --{name} (not shown). Expected printable ASCII without spaces.")
        return text

    return read


_PLURALS = {
    "overlay": "overlays",
    "fault_rate": "fault_rates",
    "cors_origin": "cors_origins",
    "allowed_host": "allowed_hosts",
}
"""Fields for options with several values."""

OPTION_NAMES = frozenset({field.name for field in fields(Options)} - set(_PLURALS.values()) | set(_PLURALS))
"""The options that :func:`read_options` reads."""

_READERS: Mapping[str, Any] = {
    "rate_limit": _rate,
    "delay": _delay,
    "fault_rate": _fault_rates,
    "cors_origin": _origins,
    "allowed_host": read_allowed_hosts,
    "overlay": tuple,
    "store": lambda text: None if text is None else read_location(text, os.environ.get(PASSWORD_VARIABLE)),
    "conversation_ttl": _ttl,
    "require_key": _secret("require-key"),
    "control_token": _secret("control-token"),
}
