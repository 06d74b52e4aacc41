"""Check the URLs that users give."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from chat_contract.errors import UsageError, without_credentials


def split_http_url(url: str) -> SplitResult | None:
    """Return the parts of an HTTP or HTTPS URL with a host and a usable port; None for anything else."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if valid and not any(character.isspace() for character in url) else None


def check_base_url(
    url: str,
    *,
    name: str = "base URL",
    example: str = "http://127.0.0.1:4010/v1",
    credentials_option: str = "-H 'Authorization: …'",
) -> str:
    """Return a base URL without its trailing slash.

    Raises :class:`UsageError` unless it consists of scheme, host, optional port and path. The message does not show a
    URL that contains a password.
    """
    parts = split_http_url(url)
    if parts is not None and "@" in parts.netloc:
        raise UsageError(f"the {name} contains a user name or a password. Pass credentials with {credentials_option}.")
    if parts is None or parts.query or parts.fragment:
        hint = _with_scheme(url) or _with_port(url) or f"Expected scheme, host and path, for example {example}."
        raise UsageError(f'Invalid {name} "{without_credentials(url)}". {hint}')
    return url.rstrip("/")


def _with_scheme(url: str) -> str:
    """Return a suggestion for a URL that only lacks its scheme, or an empty string, as for ``docs/a.yaml``."""
    complete = f"http://{url}"
    parts = None if "://" in url else split_http_url(complete)
    is_host = parts is not None and (is_loopback(parts.hostname or "") or bool({".", ":"} & set(parts.netloc)))
    return f"Add the scheme: {without_credentials(complete)}." if is_host else ""


def _with_port(url: str) -> str:
    """Return which ports are valid if that of the URL is not, or an empty string."""
    netloc = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    try:
        valid = urlsplit(f"//{netloc}").port != 0
    except ValueError:
        valid = netloc.startswith("[") and "]" not in netloc
    return "" if valid else "Expected a port from 1 to 65535."


def check_proxy(url: str | None) -> None:
    """Raise :class:`UsageError` unless the URL is that of an HTTP proxy; the message does not show it."""
    # The URL is not shown because it may contain a password.
    if url is not None and split_http_url(url) is None:
        raise UsageError("--proxy: invalid URL. Expected the URL of an HTTP proxy, for example http://127.0.0.1:3128.")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
