"""The address of the shared store: the value of ``--store``. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from chat_contract import UsageError

PASSWORD_VARIABLE = "CHAT_CONTRACT_STORE_PASSWORD"  # noqa: S105 - a name
"""The environment variable with the password, for URLs without one."""
EXAMPLE = "redis://127.0.0.1:6379/0"
DEFAULT_PREFIX = "chat-contract"

_PREFIX = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_DATABASE = re.compile(r"/?|/([0-9]{1,4})", re.ASCII)
_SHOWN = 80


_PARAMETERS = ("prefix", "ca-bundle", "cert", "key")
_UNSUPPORTED = re.compile(r"(?:unix|redis\+unix|redis\+socket|rediss?\+sentinel|rediss?\+cluster|valkeys?)", re.ASCII)


@dataclass(frozen=True)
class Tls:
    """The files of a connection with TLS."""

    ca_bundle: Path | None = None
    """Certificates to trust besides those of the system."""
    cert: Path | None = None
    """The client certificate; it may contain its key."""
    key: Path | None = None


@dataclass(frozen=True)
class Location:
    """Where the replicas keep what they share."""

    host: str
    port: int = 6379
    database: int = 0
    prefix: str = DEFAULT_PREFIX
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    """None without TLS."""

    def __str__(self) -> str:
        """Return host and port, as messages show them."""
        return f"{self.host}:{self.port}"


def read_location(text: str, password: str | None = None) -> Location:
    """Read ``redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE][?prefix=TEXT]``, or ``rediss://`` for TLS.

    With TLS, the parameters ``ca-bundle``, ``cert`` and ``key`` name files. ``password`` is for a URL without one.
    Raises :class:`UsageError`; its message never contains the URL, which may hold a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _invalid("its host or port is invalid") from None
    if _UNSUPPORTED.fullmatch(parts.scheme):
        raise _invalid(f"{parts.scheme}:// is not supported; the store is a single Redis or Valkey, reached by TCP")
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise _invalid("it must begin with redis:// or rediss:// and a host")
    database = _DATABASE.fullmatch(parts.path)
    if database is None or parts.fragment:
        raise _invalid("its path must be the number of a database")
    given = _parameters(parts.query)
    return Location(
        host=parts.hostname,
        port=6379 if port is None else port,
        database=int(database[1] or 0),
        prefix=_prefix(given),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else password,
        tls=_tls(parts.scheme, given),
    )


def _parameters(query: str) -> Mapping[str, str]:
    given = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in given]
    for name in names:
        if name not in _PARAMETERS:
            raise _invalid(f'"{name[:_SHOWN]}" is not a parameter; the parameters are {", ".join(_PARAMETERS)}')
        if names.count(name) > 1:
            raise _invalid(f"it sets {name} more than once")
    return dict(given)


def _prefix(given: Mapping[str, str]) -> str:
    prefix = given.get("prefix", DEFAULT_PREFIX)
    if not _PREFIX.fullmatch(prefix):
        raise _invalid('its prefix must have 1 to 64 letters, digits, ".", "_", ":" or "-"')
    return prefix


def _tls(scheme: str, given: Mapping[str, str]) -> Tls | None:
    files = {name.replace("-", "_"): Path(file) for name, file in given.items() if name != "prefix"}
    if scheme == "redis":
        if files:
            raise _invalid("it names files for TLS, which only rediss:// uses")
        return None
    if "" in given.values():
        raise _invalid("the name of a file is empty")
    if "key" in files and "cert" not in files:
        raise _invalid("it names a key without its cert")
    return Tls(**files)


def _invalid(problem: str) -> UsageError:
    return UsageError(f"Invalid URL for --store: {problem}. Expected for example {EXAMPLE} or {EXAMPLE}?prefix=team-a.")
