"""Read recorded traffic: an HTTP archive, the journal of the mock server, or a JSON report of the verifier."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_contract import Contract, DocumentError, KitError
from chat_contract.contract import JSON
from chat_contract.exchange import Breakdown, BreakdownKind, Exchange, Headers, Response, find_header
from chat_verifier.findings.traffic import Ignored, TrafficKind
from chat_verifier.planning.case import Group
from chat_verifier.report.model import FORMAT, Body, ExchangeReport, ObservationReport, VerifyReport
from chat_verifier.report.read import read_report
from chat_verifier.traffic.recorded import (
    Recorded,
    Traffic,
    clean_request,
    clean_response,
    credentials_in,
    credentials_of,
    why_ignored,
)
from kit_http.har import USUAL, HarEntry, HarLimits, is_har, parse_har, read_json_file

_BREAKDOWNS: tuple[BreakdownKind, ...] = ("reset", "truncated", "silence", "garbled", "too-long")
_HINT = "Pass an HTTP archive (.har), a JSON report of chat-contract verify, or the mock's /_mock/requests."

_MOST_CREDENTIALS = 16 * 1024
"""How many characters the different credentials of a file may have: a search for them takes 2 KB for each character."""


class NothingRecordedError(KitError):
    """The file holds no exchange with the operation."""


def read_traffic(path: Path, contract: Contract, base_url: str | None = None, limits: HarLimits = USUAL) -> Traffic:
    """Read the exchanges with the operation. ``base_url``: the only server to consider; None: every server.

    Raises :class:`DocumentError` for a file that cannot be read or has another format, and
    :class:`NothingRecordedError` if it holds no exchange that can be judged.
    """
    value = read_json_file(path, limits)
    if is_har(value):
        traffic = _Har(path, contract, base_url).read(parse_har(value, path, limits))
    elif isinstance(value, dict) and value.get("format") == FORMAT:
        traffic = _from_report(path, read_report(path))
    elif _is_journal(value):
        traffic = _from_journal(path, contract, value["requests"])
    else:
        raise DocumentError("not recorded traffic", path=str(path), hint=_HINT)
    if not traffic.exchanges:
        ignored = ", ".join(f"{part.reason}: {part.count}" for part in traffic.ignored_exchanges)
        raise NothingRecordedError(
            f"{path}: no exchange of {contract.operation.label} that can be judged"
            + (f" (ignored: {ignored})." if ignored else ".")
            + " Record the traffic of the application while it calls the operation."
        )
    return traffic


class _Har:
    """Selects the exchanges of an archive that belong to the operation."""

    def __init__(self, path: Path, contract: Contract, base_url: str | None) -> None:
        self.path = path
        self.operation = contract.operation
        self.base_url = base_url
        self.ignored: Counter[Ignored] = Counter()
        self.credentials: dict[tuple[str, str], None] = {}
        self.other_credentials: dict[tuple[str, str], None] = {}
        self._characters = 0

    def read(self, entries: Iterable[HarEntry]) -> Traffic:
        exchanges = tuple(recorded for entry in entries if (recorded := self._recorded(entry)) is not None)
        return Traffic(
            str(self.path),
            TrafficKind.HAR,
            exchanges,
            self.ignored,
            tuple(self.credentials),
            tuple(self.other_credentials),
        )

    def _recorded(self, entry: HarEntry) -> Recorded | None:
        origin = self._origin(entry.url)
        reason, outcome = self._outcome(entry, origin)
        if reason is not None or origin is None or outcome is None or entry.request_body is None:
            self.ignored[reason or Ignored.OTHER_OPERATION] += 1
            return None
        self._add_credentials(entry)
        request = clean_request(entry.method, self.operation.path, entry.request_headers, entry.request_body)
        seconds = entry.seconds or 0.0
        return Recorded(entry.index + 1, entry.at, seconds, origin, Exchange(request, outcome), entry.comment)

    def _add_credentials(self, entry: HarEntry) -> None:
        """Note the credentials of an entry, which no report may contain."""
        others = credentials_in(credentials_of(entry.url, entry.response_headers))
        for kept, pairs in (
            (self.credentials, credentials_in(entry.request_headers)),
            (self.other_credentials, others),
        ):
            for pair in pairs:
                if pair not in kept:
                    kept[pair] = None
                    self._characters += len(pair[1])
        if self._characters > _MOST_CREDENTIALS:
            raise DocumentError(
                f"more than {_MOST_CREDENTIALS // 1024} KiB of different credentials",
                path=str(self.path),
                pointer=("log", "entries", entry.index, "request", "headers"),
                hint="Split the archive, or remove the headers with credentials from it.",
            )

    def _outcome(self, entry: HarEntry, origin: str | None) -> tuple[Ignored | None, Response | Breakdown | None]:
        """Return why the entry is ignored, if it is, and its outcome."""
        if origin is None:
            return Ignored.OTHER_OPERATION, None
        if entry.method == "OPTIONS" and find_header(entry.request_headers, "Access-Control-Request-Method"):
            return Ignored.PREFLIGHT, None
        if entry.method != self.operation.method:
            return Ignored.OTHER_OPERATION, None
        outcome = _outcome_of(entry)
        if (reason := why_ignored(outcome)) is not None:
            return reason, None
        if entry.request_body is None or outcome is None:
            return Ignored.NO_BODY, None
        if isinstance(outcome, Response) and entry.response_body is None and outcome.status < 500:
            return Ignored.NO_BODY, None
        return None, outcome

    def _origin(self, url: str) -> str | None:
        """Return the base URL of a request to the path of the operation; None for any other request."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        path = parts.path.rstrip("/")
        if not path.endswith(self.operation.path):
            return None
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path.removesuffix(self.operation.path)}"
        return origin if self.base_url in {None, origin} else None


def _outcome_of(entry: HarEntry) -> Response | Breakdown | None:
    """Return the outcome; None if the client gave up, which proves nothing about the server."""
    if entry.status > 0:
        body = entry.response_body or b""
        return clean_response(entry.status, entry.response_headers, body, entry.seconds or 0.0)
    # The verifier's archive names the breakdown.
    kind = next((kind for kind in _BREAKDOWNS if kind == entry.status_text), None)
    return None if kind is None else Breakdown(kind, "", entry.seconds or 0.0)


def _from_report(path: Path, report: VerifyReport) -> Traffic:
    try:
        return _exchanges_of(path, report)
    except (ValueError, OverflowError):
        raise DocumentError("the report has an invalid time, body or outcome", path=str(path), hint=_HINT) from None


def _exchanges_of(path: Path, report: VerifyReport) -> Traffic:
    began = dt.datetime.fromisoformat(report.started).timestamp()
    ignored: Counter[Ignored] = Counter()
    exchanges = []
    for seen in sorted(report.exchanges, key=lambda one: one.at):
        exchange = _exchange_of(seen)
        reason = Ignored.CREDENTIAL_TEST if seen.group == Group.CREDENTIALS else why_ignored(exchange.outcome)
        if seen.exchange.response is not None and seen.exchange.response.omitted:
            reason = Ignored.NO_BODY
        if reason is not None:
            ignored[reason] += 1
            continue
        exchanges.append(Recorded(seen.number, began + seen.at, seen.seconds, report.base_url, exchange, seen.label))
    return Traffic(str(path), TrafficKind.REPORT, tuple(exchanges), ignored)


def _exchange_of(seen: ObservationReport) -> Exchange:
    report: ExchangeReport = seen.exchange
    sent = report.request
    request = clean_request(sent.method, sent.path, tuple(sent.headers.items()), bytes_of(sent.body))
    if report.response is not None:
        received = report.response
        headers: Headers = tuple(received.headers.items())
        return Exchange(request, clean_response(received.status, headers, bytes_of(received.body), seen.seconds))
    if report.breakdown is None:
        raise ValueError("neither a response nor the reason why there is none")
    return Exchange(request, Breakdown(report.breakdown.kind, report.breakdown.detail, seen.seconds))


def bytes_of(body: Body) -> bytes:
    """Return the bytes of a body in a report."""
    return body.encode("utf-8") if isinstance(body, str) else base64.b64decode(body.base64, validate=True)


def _is_journal(value: Any) -> bool:
    entries = value.get("requests") if isinstance(value, dict) else None
    return isinstance(entries, list) and all(isinstance(one, dict) and "reply" in one for one in entries)


def _from_journal(path: Path, contract: Contract, entries: list[dict[str, Any]]) -> Traffic:
    ignored: Counter[Ignored] = Counter()
    exchanges = []
    for number, entry in enumerate(entries, 1):
        try:
            reason, recorded = _from_entry(contract, number, entry)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DocumentError(
                "not an entry of the mock's journal", path=str(path), pointer=("requests", number - 1), hint=_HINT
            ) from None
        if recorded is None:
            ignored[reason] += 1
        else:
            exchanges.append(recorded)
    exchanges.sort(key=lambda one: one.at or 0.0)
    return Traffic(str(path), TrafficKind.JOURNAL, tuple(exchanges), ignored)


def _from_entry(contract: Contract, number: int, entry: dict[str, Any]) -> tuple[Ignored, Recorded | None]:
    sent, received, operation = entry["request"], entry["reply"], contract.operation
    route = str(entry["path"])
    if entry["preflight"]:
        return Ignored.PREFLIGHT, None
    if entry["method"] != operation.method or not route.endswith(operation.path):
        return Ignored.OTHER_OPERATION, None
    if received["fault"] is not None or entry["why"]["override"] is not None:
        return Ignored.FORCED, None
    if sent["truncated"] or received["truncated"] or _is_replaced(sent["body"]):
        return Ignored.NO_BODY, None
    seconds = float(entry["seconds"] or 0.0)
    outcome = clean_response(int(entry["status"]), _headers_of(received), _raw(received["body"]), seconds)
    if (reason := why_ignored(outcome)) is not None:
        return reason, None
    headers: Headers = tuple((str(name), str(value)) for name, value in sent["headers"].items())
    request = clean_request(entry["method"], operation.path, headers, _raw_request(sent["body"], headers))
    at = dt.datetime.fromisoformat(entry["time"]).timestamp()
    origin = f"http://{find_header(headers, 'Host') or 'localhost'}{route.removesuffix(operation.path)}"
    return Ignored.OTHER_OPERATION, Recorded(number, at, seconds, origin, Exchange(request, outcome))


def _headers_of(message: dict[str, Any]) -> Headers:
    """Return the headers; the journal leaves out the media type of a response."""
    headers = tuple((str(name), str(value)) for name, value in message["headers"].items())
    return headers if find_header(headers, "Content-Type") else (("Content-Type", JSON), *headers)


def _raw_request(body: Any, headers: Headers) -> bytes:
    """Return the body of a request. The journal shows a JSON string like a text; only the length tells them apart."""
    raw, length = _raw(body), find_header(headers, "Content-Length")
    if isinstance(body, str) and length != str(len(raw)):
        quoted = (json.dumps(body, ensure_ascii=ascii_only) for ascii_only in (False, True))
        found = (text.encode("utf-8", "surrogatepass") for text in quoted)
        return next((candidate for candidate in found if str(len(candidate)) == length), raw)
    return raw


def _is_replaced(body: Any) -> bool:
    """Return whether the journal may show a body that is not UTF-8, of which it does not hold the bytes."""
    return "\N{REPLACEMENT CHARACTER}".encode() in _raw(body)


def _raw(body: Any) -> bytes:
    """Return a body as the journal shows it: a JSON value, or the text of a body that is not JSON."""
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def origins_of(exchanges: Iterable[Recorded]) -> Iterator[str]:
    """Yield the base URLs in the traffic, the most frequent first."""
    yield from (origin for origin, _ in Counter(one.origin for one in exchanges).most_common())
