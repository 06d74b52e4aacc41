"""Decides who may use the control API. Pure.

Any web page that a developer visits can send requests to this machine, under any host name that resolves to it. So
the guard checks the client's address, the Host header and the origin of the page. A token replaces all these checks.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from mock_server.http.cors import may_read

TOKEN_HEADER = "X-Mock-Token"  # noqa: S105 - the name of a header

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@\s]+)(?::[0-9]{1,5})?", re.ASCII)
_SHOWN = 80
_NO_IDENTITY = frozenset({"*", "null"})
"""Origins that do not say who sent the request: a page of any site can send null from a sandboxed frame."""


class DeniedReason(StrEnum):
    """Why a request may not use the control API."""

    TOKEN_REQUIRED = "token-required"  # noqa: S105 - an id
    OTHER_MACHINE = "other-machine"
    UNKNOWN_HOST = "unknown-host"
    OTHER_ORIGIN = "other-origin"
    OTHER_SITE = "other-site"


@dataclass(frozen=True)
class Denied:
    """A denied request. ``value`` is the header that caused it."""

    reason: DeniedReason
    value: str = ""

    @property
    def text(self) -> str:
        """Return what is wrong and how to get access."""
        shown = self.value[:_SHOWN]
        return {
            DeniedReason.TOKEN_REQUIRED: f"Send the token of --control-token in the header {TOKEN_HEADER}.",
            DeniedReason.OTHER_MACHINE: (
                "The control API is available only on the mock's own machine. "
                "To use it from elsewhere, start the mock with --control-token."
            ),
            DeniedReason.UNKNOWN_HOST: f'The host "{shown}" does not name this machine. Use localhost.',
            DeniedReason.OTHER_ORIGIN: f'The origin "{shown}" is not allowed. Allow it with --cors-origin.',
            DeniedReason.OTHER_SITE: "A page of another site sent the request. Allow its origin with --cors-origin.",
        }[self.reason]


def check_access(
    headers: Mapping[str, str],
    client: str | None,
    *,
    token: str | None,
    origins: Sequence[str],
    own_name: str | None = None,
) -> Denied | None:
    """Return why the request may not use the control API, None if it may.

    ``client`` is the client's address, ``own_name`` the host name on which the mock listens.
    """
    if token is not None:
        given = headers.get(TOKEN_HEADER.lower(), "")
        authorized = hmac.compare_digest(given.encode(), token.encode())
        return None if authorized else Denied(DeniedReason.TOKEN_REQUIRED)
    if not _is_loopback(client):
        return Denied(DeniedReason.OTHER_MACHINE)
    host = _HOST.fullmatch(headers.get("host", "").lower())
    if host is None or not _is_this_machine(host.group(1).strip("[]"), own_name):
        return Denied(DeniedReason.UNKNOWN_HOST, headers.get("host", ""))
    return _check_origin(headers, host.group(), [origin for origin in origins if origin not in _NO_IDENTITY])


def _check_origin(headers: Mapping[str, str], host: str, allowed: Sequence[str]) -> Denied | None:
    origin = headers.get("origin")
    if origin is None:
        cross_site = headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        return Denied(DeniedReason.OTHER_SITE) if cross_site else None
    own_page = origin.lower() in {f"{scheme}://{host}" for scheme in ("http", "https")}
    return None if own_page or may_read(origin, allowed) else Denied(DeniedReason.OTHER_ORIGIN, origin)


def _is_loopback(client: str | None) -> bool:
    if client is None:
        return True
    try:
        address = ip_address(client.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _is_this_machine(host: str, own_name: str | None) -> bool:
    if host in {"localhost", own_name} or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
