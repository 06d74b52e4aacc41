"""Reads the exchanges of an HTTP archive, to record them like those of the proxy. Pure, apart from reading the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from chat_contract import Contract, UsageError
from chat_contract.exchange import Exchange, Request, Response
from kit_http.har import HarEntry, HarLimits, read_har


@dataclass(frozen=True)
class Found:
    """An exchange of the archive, how long it took in seconds, and the query of its URL."""

    exchange: Exchange
    seconds: float
    query: str


def exchanges_in(path: Path, contract: Contract, base_url: str | None, limits: HarLimits) -> list[Found]:
    """Return the exchanges of the operation, at ``base_url`` if one is given.

    Raises :class:`chat_contract.KitError` if the file is not an archive or has none of them.
    """
    operation = contract.operation
    found = list(_found(read_har(path, limits), contract, base_url))
    if not found:
        where = f"{base_url.rstrip('/')}{operation.path}" if base_url else f"a URL that ends in {operation.path}"
        raise UsageError(
            f"{path}: no response to {operation.method} {where} with its body. "
            "Export the archive with content, or pass the base URL that the page used."
        )
    return found


def _found(entries: tuple[HarEntry, ...], contract: Contract, base_url: str | None) -> Iterator[Found]:
    operation = contract.operation
    base = None if base_url is None else urlsplit(base_url.rstrip("/") + operation.path)
    for entry in entries:
        if entry.method.upper() != operation.method or entry.request_body is None or entry.response_body is None:
            continue
        try:
            url = urlsplit(entry.url)
        except ValueError:
            continue
        if entry.status == 0 or not unquote(url.path).endswith(operation.path):
            continue
        if base is not None and (url.scheme, url.netloc, url.path) != (base.scheme, base.netloc, base.path):
            continue
        sent = Request(operation.method, operation.path, entry.request_headers, entry.request_body)
        received = Response(entry.status, entry.response_headers, entry.response_body)
        yield Found(Exchange(sent, received), entry.seconds or 0.0, url.query)
