"""Recognizes requests that a page of another site makes a browser send (Fetch Metadata Request Headers). Pure."""

from __future__ import annotations

_OTHER_SITES = frozenset({"cross-site", "same-site"})


def is_from_other_site(origin: str | None, fetch_site: str | None) -> bool:
    """Return whether a page of another site sent a request without Origin: a link, an image or a frame.

    The arguments are the values of the headers ``Origin`` and ``Sec-Fetch-Site``.
    """
    return origin is None and fetch_site in _OTHER_SITES
