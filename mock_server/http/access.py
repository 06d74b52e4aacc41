"""Decides who may use the control API, and send requests to which the developer's key is added. Pure.

Any web page that a developer visits can send requests to this machine, under any host name that resolves to it. So
the checks look at the client's address, the Host header and the origin of the page. A token replaces the checks of
address and origin, but never that of the host. So a page under a name that an attacker controls gets nothing, even if
it knows the token.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from chat_contract import UsageError
from chat_contract.errors import host_without_credentials
from kit_http.browsers import is_from_other_site
from mock_server.http.cors import may_read
from mock_server.http.messages import Answer, problem
from mock_server.http.source import ReplySource, Source

TOKEN_HEADER = "X-Mock-Token"  # noqa: S105 - the name of a header

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@\s]+)(?::[0-9]{1,5})?", re.ASCII)
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?", re.ASCII)
_SHOWN = 80
_NO_IDENTITY = frozenset({"*", "null"})
"""Origins that do not say who sent the request: a page of any site can send null from a sandboxed frame."""


class DeniedReason(StrEnum):
    """Why a request is denied."""

    TOKEN_REQUIRED = "token-required"  # noqa: S105 - an id
    OTHER_MACHINE = "other-machine"
    UNKNOWN_HOST = "unknown-host"
    OTHER_ORIGIN = "other-origin"
    OTHER_SITE = "other-site"


class Guarded(StrEnum):
    """What a request would use."""

    CONTROL = "control"
    KEY = "key"
    PAGES = "pages"


_TITLES = {
    Guarded.CONTROL: "Access to the control API denied",
    Guarded.KEY: "Request not forwarded",
    Guarded.PAGES: "Unknown host",
}
_DENIED = Source(ReplySource.ACCESS)
_OTHER_MACHINE = {
    Guarded.CONTROL: (
        "The control API is available only on the mock's own machine. "
        "To use it from elsewhere, start the mock with a token in CHAT_CONTRACT_MOCK_CONTROL_TOKEN."
    ),
    Guarded.KEY: (
        "Requests that are forwarded with the key of the service are accepted only from this machine. "
        "To accept others, start with --allowed-host and the name that they use."
    ),
}


@dataclass(frozen=True)
class Denied:
    """A denied request. ``value`` is the header that caused it."""

    reason: DeniedReason
    value: str = ""
    guarded: Guarded = Guarded.CONTROL

    @property
    def text(self) -> str:
        """Return what is wrong and how to get access."""
        shown = self.value[:_SHOWN]
        match self.reason:
            case DeniedReason.TOKEN_REQUIRED:
                return f"Send the token of --control-token in the header {TOKEN_HEADER}."
            case DeniedReason.OTHER_MACHINE:
                return _OTHER_MACHINE[self.guarded]
            case DeniedReason.UNKNOWN_HOST:
                return (
                    f'The host "{shown}" is not a known name of this machine. '
                    "Use localhost, or allow the name with --allowed-host."
                )
            case DeniedReason.OTHER_ORIGIN:
                return f'The origin "{shown}" is not allowed. Allow it with --cors-origin.'
            case DeniedReason.OTHER_SITE:
                return "A page of another site sent the request. Allow its origin with --cors-origin."

    @property
    def answer(self) -> Answer:
        """Return the response to the request."""
        return problem(403, _TITLES[self.guarded], self.text, source=_DENIED, reason=self.reason)


@dataclass(frozen=True)
class Access:
    """Who has access: host names of this machine besides its own, origins of pages, and the token."""

    names: tuple[str, ...] = ()
    """In lower case: the name on which the server listens, and those of ``--allowed-host``."""
    origins: tuple[str, ...] = ()
    token: str | None = None
    from_elsewhere: bool = False
    """Clients on other machines may send requests that get the key: the user has allowed a name for them."""

    def check_pages(self, headers: Mapping[str, str]) -> Denied | None:
        """Return why a request may not read health, documents and pages, None if it may.

        A Host header with an address is accepted: health checks send it, and no attacker can redirect an address.
        """
        return None if self._host_of(headers, any_address=True) else _unknown_host(headers, Guarded.PAGES)

    def check_control(self, headers: Mapping[str, str], client: str | None) -> Denied | None:
        """Return why a request may not use the control API. ``client`` is the client's address."""
        if self.token is None:
            return self._check(headers, client, Guarded.CONTROL)
        if self._host_of(headers, any_address=True) is None:
            return _unknown_host(headers, Guarded.CONTROL)
        given = headers.get(TOKEN_HEADER.lower(), "")
        authorized = hmac.compare_digest(given.encode(), self.token.encode())
        return None if authorized else Denied(DeniedReason.TOKEN_REQUIRED)

    def check_key(self, headers: Mapping[str, str], client: str | None) -> Denied | None:
        """Return why a request may not be sent on with the developer's key."""
        return self._check(headers, client, Guarded.KEY)

    def _check(self, headers: Mapping[str, str], client: str | None, guarded: Guarded) -> Denied | None:
        from_elsewhere = guarded is Guarded.KEY and self.from_elsewhere
        if not from_elsewhere and not _is_loopback(client):
            return Denied(DeniedReason.OTHER_MACHINE, guarded=guarded)
        host = self._host_of(headers, any_address=from_elsewhere)
        return _unknown_host(headers, guarded) if host is None else self._check_origin(headers, host, guarded)

    def _host_of(self, headers: Mapping[str, str], *, any_address: bool) -> str | None:
        """Return the Host header, None if it does not name this machine."""
        host = _HOST.fullmatch(headers.get("host", "").lower())
        if host is None:
            return None
        name = host[1].strip("[]")
        known = name == "localhost" or name.endswith(".localhost") or name in self.names
        return host[0] if known or _is_address(name, any_address=any_address) else None

    def _check_origin(self, headers: Mapping[str, str], host: str, guarded: Guarded) -> Denied | None:
        origin = headers.get("origin")
        if origin is None:
            other_site = is_from_other_site(origin, headers.get("sec-fetch-site"))
            return Denied(DeniedReason.OTHER_SITE, guarded=guarded) if other_site else None
        own_page = origin.lower() in {f"{scheme}://{host}" for scheme in ("http", "https")}
        allowed = [known for known in self.origins if known not in _NO_IDENTITY]
        return None if own_page or may_read(origin, allowed) else Denied(DeniedReason.OTHER_ORIGIN, origin, guarded)


def read_allowed_hosts(texts: Sequence[str]) -> tuple[str, ...]:
    """Return host names as the Host header has them. Raise :class:`UsageError` for what can never match."""
    for text in texts:
        if not _NAME.fullmatch(text.lower()):
            raise UsageError(
                f'Invalid host name "{host_without_credentials(text)[:_SHOWN]}" for --allowed-host. '
                "Expected a name without scheme, port or wildcard, for example mock.internal."
            )
    return tuple(text.lower() for text in texts)


def _unknown_host(headers: Mapping[str, str], guarded: Guarded) -> Denied:
    return Denied(DeniedReason.UNKNOWN_HOST, headers.get("host", ""), guarded)


def _is_loopback(client: str | None) -> bool:
    if client is None:
        return True
    try:
        address = ip_address(client.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _is_address(host: str, *, any_address: bool) -> bool:
    try:
        return ip_address(host).is_loopback or any_address
    except ValueError:
        return False
