"""Who may use the control API. Pure.

Any page that a developer visits can send requests to this machine, under any name that it lets point here. So a
request from a page must come from one that may read the mock's answers, and must name the mock by a name of this
machine; from elsewhere only the token opens the door, and with it everything is allowed.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from mock_server.http.cors import may_read

TOKEN_HEADER = "X-Mock-Token"  # noqa: S105 - the name of a header

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@\s]+)(?::[0-9]{1,5})?", re.ASCII)


def refusal(
    headers: Mapping[str, str],
    client: str | None,
    *,
    token: str | None,
    origins: Sequence[str],
    own_name: str | None = None,
) -> str | None:
    """Say why the request may not control the mock; nothing if it may.

    ``client`` is the address it came from; ``own_name`` a name that the mock was told to listen on.
    """
    if token is not None:
        given = headers.get(TOKEN_HEADER.lower(), "")
        if hmac.compare_digest(given.encode(), token.encode()):
            return None
        return f"send the token that --control-token set, in the header {TOKEN_HEADER}"
    if not _is_loopback(client):
        return "the control API answers only this machine; start the mock with --control-token to open it"
    host = _HOST.fullmatch(headers.get("host", "").lower())
    if host is None or not _is_this_machine(host.group(1).strip("[]"), own_name):
        return f"the header Host is {headers.get('host', '')[:80]!r}, which is no name of this machine; use localhost"
    origin = headers.get("origin")
    own_page = origin is not None and origin.lower() in {f"{scheme}://{host.group()}" for scheme in ("http", "https")}
    allowed = [each for each in origins if each != "*"]
    if origin is not None and not own_page and not may_read(origin, allowed):
        return f"pages of {origin[:80]!r} may not control the mock; allow them with --cors-origin"
    if origin is None and headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return "a page of another site sent this; only pages that --cors-origin allows may"
    return None


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
