"""The address of the shared store: the value of ``--store``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from chat_contract import UsageError

PASSWORD_VARIABLE = "CHAT_CONTRACT_STORE_PASSWORD"  # noqa: S105 - a name
"""The environment variable with the password, for URLs without one."""
EXAMPLE = "redis://127.0.0.1:6379/0"
DEFAULT_PREFIX = "chat-contract"

_PREFIX = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_DATABASE = re.compile(r"/?|/([0-9]{1,4})", re.ASCII)
_SHOWN = 80


@dataclass(frozen=True)
class Location:
    """Where the replicas keep what they share."""

    host: str
    port: int = 6379
    database: int = 0
    prefix: str = DEFAULT_PREFIX
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Return host and port, as messages show them."""
        return f"{self.host}:{self.port}"


def read_location(text: str, password: str | None = None) -> Location:
    """Read ``redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE][?prefix=TEXT]``.

    ``password`` is for a URL without one. Raises :class:`UsageError`; its message never contains the URL, which may
    hold a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _invalid("its host or port is invalid") from None
    if parts.scheme != "redis" or not parts.hostname:
        raise _invalid("it must begin with redis:// and a host")
    database = _DATABASE.fullmatch(parts.path)
    if database is None or parts.fragment:
        raise _invalid("its path must be the number of a database")
    return Location(
        host=parts.hostname,
        port=6379 if port is None else port,
        database=int(database[1] or 0),
        prefix=_prefix(parts.query),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else password,
    )


def _prefix(query: str) -> str:
    given = parse_qsl(query, keep_blank_values=True)
    unknown = [name for name, _ in given if name != "prefix"]
    if unknown:
        raise _invalid(f'"{unknown[0][:_SHOWN]}" is not a parameter; the only one is prefix')
    if len(given) > 1:
        raise _invalid("it has two prefixes")
    prefix = given[0][1] if given else DEFAULT_PREFIX
    if not _PREFIX.fullmatch(prefix):
        raise _invalid('its prefix must have 1 to 64 letters, digits, ".", "_", ":" or "-"')
    return prefix


def _invalid(problem: str) -> UsageError:
    return UsageError(f"Invalid URL for --store: {problem}. Expected for example {EXAMPLE} or {EXAMPLE}?prefix=team-a.")
