"""The error gallery: every response that a frontend must handle, each with a way to get it. Pure.

Statuses and examples come from the contract; the rest is what networks and gateways do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from mock_server.http.messages import JSON
from mock_server.http.source import Fault
from mock_server.loading.snapshot import Snapshot


class Group(StrEnum):
    """The sections of the gallery."""

    VALIDATION_ERRORS = "validation-errors"
    STATUSES = "statuses"
    CONNECTION_FAULTS = "connection-faults"
    UNUSUAL_REPLIES = "unusual-replies"
    INVALID_REQUESTS = "invalid-requests"


GROUP_TITLES: Mapping[Group, str] = {
    Group.VALIDATION_ERRORS: "Validation errors (422)",
    Group.STATUSES: "Error statuses",
    Group.CONNECTION_FAULTS: "Connection and body faults",
    Group.UNUSUAL_REPLIES: "Unusual replies (200)",
    Group.INVALID_REQUESTS: "Invalid requests",
}
_FROM_CONTRACT = "An example of the contract."
_STATUSES = {
    400: "A gateway could not parse the request.",
    401: "The key is missing, wrong or expired.",
    403: "The key is valid but lacks permission.",
    404: "The path is wrong, or the conversation does not exist.",
    413: "The request body is too large.",
    429: "Too many requests. Retry-After gives the seconds to wait.",
    500: "The service failed.",
    502: "The gateway received an invalid response from the service.",
    503: "The service is unavailable. Retry-After gives the seconds to wait.",
    504: "The gateway received no response from the service in time.",
}
_FAULTS: Mapping[Fault, str] = {
    Fault.DROP: "The connection closes after the response headers.",
    Fault.TRUNCATE: "The connection closes after half of the body.",
    Fault.MALFORMED: "The body is complete but is not valid JSON.",
    Fault.SLOW: "The body arrives in small pieces over five seconds.",
    Fault.EMPTY: "The response has no body.",
    Fault.RESET: "The connection is reset before the response.",
    Fault.CLOSE: "The connection closes before the response.",
    Fault.HANG: "No response arrives; the connection stays open for the time of --max-hang.",
}
_MARKUP = "<img src=x onerror=\"document.title='run'\"><b>bold</b> &amp; <script>document.title='run'</script>"
_LONG = "a reply that does not end, "
_REPLIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "HTML in the message": (
        "Inserting the message as HTML would run a script.",
        {"message": _MARKUP},
    ),
    "Very long message": ("About 4,000 characters without a line break.", {"message": _LONG * 148}),
    "Empty message": ("The message is empty; items may still be present.", {"message": ""}),
    "Right-to-left text": ("Arabic and Hebrew, mixed with numbers.", {"message": "مرحبا 123 — שלום 45.60 !"}),
    "Emoji and accents": (
        "Characters of more than one UTF-16 code unit.",
        {"message": "Voilà 👩‍👩‍👧‍👦 naïve Çelik 你好 🇫🇷"},
    ),
    "Item with only an id": (
        "Title, price and the other item fields are optional.",
        {"items": [{"item_id": "BARE-1"}]},
    ),
    "Item with null values": (
        "The fields are present, but null.",
        {"items": [{"item_id": "NULL-1", "title": None, "status": None, "description": None, "price": None}]},
    ),
    "Item with unexpected values": (
        "A price in exponent notation, an unknown status and an unknown field.",
        {"items": [{"item_id": "ODD-1", "title": "Odd", "status": "recalled", "price": "1e6", "badge": {"new": True}}]},
    ),
    "Many items": (
        "30 items with titles that contain no spaces.",
        {"items": [{"item_id": f"MANY-{n}", "title": f"Item{'x' * 60}{n}", "price": f"{n}.00"} for n in range(30)]},
    ),
}


@dataclass(frozen=True)
class RawRequest:
    """A request to send as it is."""

    method: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Card:
    """One response, with the ways to get it: a ``Prefer`` header, a rule, or a request."""

    group: Group
    title: str
    about: str
    prefer: str | None = None
    rule: Mapping[str, Any] | None = None
    request: RawRequest | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the card as JSON."""
        return {**asdict(self), "group_title": GROUP_TITLES[self.group]}


def gallery(snapshot: Snapshot) -> list[Card]:
    """Return the cards, group by group."""
    return [
        *_validation_errors(snapshot),
        *_statuses(snapshot),
        *_connection_faults(),
        *_unusual_replies(snapshot),
        *_invalid_requests(snapshot),
    ]


def _override_card(group: Group, title: str, about: str, **rule: Any) -> Card:
    prefer = ", ".join(f"{name}={str(value).lower() if value is True else value}" for name, value in rule.items())
    return Card(group, title, about, prefer=prefer, rule=rule)


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _validation_errors(snapshot: Snapshot) -> Iterator[Card]:
    for name, value in snapshot.examples.get(422, {}).items():
        about = _error_summary(value)
        yield _override_card(Group.VALIDATION_ERRORS, f"422 {_spaced(name)}", about, code=422, example=name)


def _error_summary(value: Any) -> str:
    """Return the location and the message of each validation error."""
    detail = value.get("detail") if isinstance(value, Mapping) else None
    if not isinstance(detail, list):
        return _FROM_CONTRACT
    return "; ".join(
        f"{'.'.join(map(str, entry.get('loc', [])))}: {entry.get('msg', '')}"
        for entry in detail
        if isinstance(entry, Mapping)
    )


def _statuses(snapshot: Snapshot) -> Iterator[Card]:
    documented = {status for status in snapshot.examples if status not in {200, 422}}
    for status in sorted(documented | _STATUSES.keys()):
        yield _override_card(Group.STATUSES, str(status), _STATUSES.get(status, _FROM_CONTRACT), code=status)


def _connection_faults() -> Iterator[Card]:
    for fault, about in _FAULTS.items():
        yield _override_card(Group.CONNECTION_FAULTS, fault, about, fault=fault)
    yield _override_card(Group.CONNECTION_FAULTS, "delay", "The response arrives after five seconds.", delay="5s")


def _unusual_replies(snapshot: Snapshot) -> Iterator[Card]:
    for name in snapshot.examples.get(200, {}):
        yield _override_card(Group.UNUSUAL_REPLIES, _spaced(name).capitalize(), _FROM_CONTRACT, example=name)
    about = "Random values that conform to the response schema."
    yield _override_card(Group.UNUSUAL_REPLIES, "Generated reply", about, dynamic=True)
    for title, (text, reply) in _REPLIES.items():
        # A contract with a stricter response schema rules out some of them.
        if snapshot.reply_error(reply) is None:
            yield Card(Group.UNUSUAL_REPLIES, title, text, rule={"reply": dict(reply)})


def _invalid_requests(snapshot: Snapshot) -> Iterator[Card]:
    method = snapshot.method
    other = "PUT" if method != "PUT" else "POST"
    requests: tuple[tuple[str, str, str, str, str], ...] = (
        ("No body", "A client forgot to set the body.", method, JSON, ""),
        ("Truncated JSON", "The JSON text ends too early.", method, JSON, '{"message": "Do you ha'),
        ("Array instead of an object", "The body has the wrong type.", method, JSON, "[]"),
        ("Empty object", "All required fields are missing.", method, JSON, "{}"),
        ("Other media type", "A client forgot to set Content-Type.", method, "text/plain", "{}"),
        (
            "Other method",
            "The path exists, but not with this method.",
            other,
            JSON,
            "{}",
        ),
    )
    for title, about, used, media_type, body in requests:
        request = RawRequest(used, {"Content-Type": media_type}, body)
        yield Card(Group.INVALID_REQUESTS, title, about, request=request)
