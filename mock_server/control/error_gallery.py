"""Every form in which an answer can disappoint a frontend, each with the way to get it. Pure.

What the contract says (its statuses, its examples) is read from it; the rest is what networks and gateways can do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mock_server.http.messages import JSON
from mock_server.loading.snapshot import State
from mock_server.overrides.rules import FAULTS

REFUSED = "The request is refused"
STATUSES = "The service says no"
CONNECTION = "The connection fails"
UNUSUAL = "A 200 that surprises"
SENT = "A wrong request, really sent"

_STATUSES = {
    400: "A gateway before the service could not read the request.",
    401: "The key is missing, wrong or expired.",
    403: "The key is right and may not do this.",
    404: "The path is wrong, or the conversation is gone.",
    413: "The message is too large.",
    429: "Too many requests: wait as long as Retry-After says.",
    500: "Something broke inside the service.",
    502: "The gateway got no proper answer.",
    503: "The service is down for now; Retry-After says how long.",
    504: "The gateway waited in vain.",
}
_FAULTS = {
    "drop": "The head comes, then the connection closes before the first byte of the body.",
    "truncate": "Half of the announced body, then the connection closes.",
    "malformed": "The body arrives whole, and is no JSON.",
    "slow": "The body comes bit by bit, over five seconds.",
    "empty": "A 200 without a body.",
}
_MARKUP = "<img src=x onerror=\"document.title='run'\"><b>bold</b> &amp; <script>document.title='run'</script>"
_LONG = "a reply that does not end, "
_REPLIES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "markup in the message": (
        "Whoever writes this as HTML runs a stranger's script.",
        {"message": _MARKUP},
    ),
    "a very long message": ("Four thousand characters without a line break.", {"message": _LONG * 148}),
    "an empty message": ("Nothing is said, though items may come.", {"message": ""}),
    "right to left": ("Arabic and Hebrew with numbers in between.", {"message": "مرحبا 123 — שלום 45.60 !"}),
    "emoji and accents": ("More than one code unit a character.", {"message": "Voilà 👩‍👩‍👧‍👦 naïve Çelik 你好 🇫🇷"}),
    "an item with nothing but its id": (
        "Title, price and the rest are only likely.",
        {"items": [{"item_id": "BARE-1"}]},
    ),
    "nulls in an item": (
        "Keys are there, values are not.",
        {"items": [{"item_id": "NULL-1", "title": None, "status": None, "description": None, "price": None}]},
    ),
    "an odd price, an unknown status, unknown fields": (
        "No decimal places, a status nobody has met, more keys than expected.",
        {"items": [{"item_id": "ODD-1", "title": "Odd", "status": "recalled", "price": "1e6", "badge": {"new": True}}]},
    ),
    "more items than fit": (
        "Thirty of them, with titles that do not break.",
        {"items": [{"item_id": f"MANY-{n}", "title": f"Item{'x' * 60}{n}", "price": f"{n}.00"} for n in range(30)]},
    ),
}


def gallery(state: State) -> list[dict[str, Any]]:
    """Return the cards: each has ``prefer``, ``rule`` or ``request``, by which the answer comes about."""
    return [*_refusals(state), *_statuses(state), *_failures(), *_unusual(state), *_really_wrong(state)]


def _card(group: str, title: str, about: str, **how: Any) -> dict[str, Any]:
    return {"group": group, "title": title, "about": about, "prefer": None, "rule": None, "request": None, **how}


def _preferred(group: str, title: str, about: str, **rule: Any) -> dict[str, Any]:
    prefer = ", ".join(f"{name}={str(value).lower() if value is True else value}" for name, value in rule.items())
    return _card(group, title, about, prefer=prefer, rule=rule)


def _refusals(state: State) -> Iterator[dict[str, Any]]:
    for name, value in state.blueprint.examples.get(422, {}).items():
        yield _preferred(REFUSED, f"422 {name.replace('_', ' ')}", _in_words(value), code=422, example=name)


def _in_words(value: Any) -> str:
    """Say what a refusal blames; whatever form it has, this says something."""
    detail = value.get("detail") if isinstance(value, Mapping) else None
    if not isinstance(detail, list):
        return "As the contract shows it."
    return "; ".join(
        f"{'.'.join(map(str, entry.get('loc', [])))}: {entry.get('msg', '')}"
        for entry in detail
        if isinstance(entry, Mapping)
    )


def _statuses(state: State) -> Iterator[dict[str, Any]]:
    documented = {status for status in state.blueprint.examples if status not in {200, 422}}
    for status in sorted(documented | _STATUSES.keys()):
        yield _preferred(STATUSES, str(status), _STATUSES.get(status, "As the contract shows it."), code=status)


def _failures() -> Iterator[dict[str, Any]]:
    for fault in FAULTS:
        yield _preferred(CONNECTION, fault, _FAULTS[fault], fault=fault)
    yield _preferred(CONNECTION, "late", "The whole answer, after five seconds of nothing.", delay="5s")


def _unusual(state: State) -> Iterator[dict[str, Any]]:
    for name in state.blueprint.examples.get(200, {}):
        yield _preferred(UNUSUAL, name.replace("_", " "), "An example of the contract.", example=name)
    yield _preferred(UNUSUAL, "made from the schema", "Whatever the contract allows.", dynamic=True)
    for title, (about, reply) in _REPLIES.items():
        # Another contract may promise more than ours; what it rules out, no frontend has to survive.
        if state.fault_of_reply(reply) is None:
            yield _card(UNUSUAL, title, about, rule={"reply": dict(reply)})


def _really_wrong(state: State) -> Iterator[dict[str, Any]]:
    method = state.blueprint.method
    wrong: tuple[tuple[str, str, str, str, str], ...] = (
        ("no body", "As from a fetch that forgot it.", method, JSON, ""),
        ("JSON that breaks off", "What a hand-made string does.", method, JSON, '{"message": "Do you ha'),
        ("a list in place of an object", "The body itself has the wrong type.", method, JSON, "[]"),
        ("an empty object", "Everything that is required is missing.", method, JSON, "{}"),
        ("another media type", "As from a fetch without Content-Type.", method, "text/plain", "{}"),
        ("another method", "The path is right, the method is not.", "PUT" if method != "PUT" else "POST", JSON, "{}"),
    )
    for title, about, used, media_type, body in wrong:
        request = {"method": used, "headers": {"Content-Type": media_type}, "body": body}
        yield _card(SENT, title, about, request=request)
