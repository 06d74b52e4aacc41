"""What the journal shows of a request: its verdict by the contract, and why this reply.

The verdict is the contract's own (:mod:`chat_contract`), not the mock's, which answers by another validator.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chat_contract import Exchange, History, Request, RequestClass, Response, classify, judge
from chat_contract.body import ABSENT
from chat_contract.errors import render_pointer, shorten
from chat_contract.history import Conversation
from mock_server.respond.journal import Entry, shown_body, shown_headers, shown_time

_MOST_MISSES = 5
_MOST_SHOWN = 20
_KEEPING = (RequestClass.MUST_ACCEPT, RequestClass.DOCUMENTED)


def described(entry: Entry) -> dict[str, Any]:
    """Return the entry as JSON; its verdict is made when it is first asked for."""
    if entry.verdict is None:
        entry.verdict = _verdict(entry)
    options = entry.state.blueprint.options
    secrets = tuple(secret for secret in (options.require_key, options.control_token) if secret)
    return {
        "number": entry.number,
        "time": shown_time(entry.at),
        "method": entry.method,
        "path": entry.path,
        "status": entry.answer.status,
        "conversation_id": entry.conversation_id,
        "user_id": entry.user_id,
        "request": {
            "headers": shown_headers(entry.headers),
            "body": shown_body(entry.body, cut=entry.cut, secrets=secrets),
        },
        "reply": {
            "headers": dict(entry.answer.headers),
            "body": shown_body(entry.answer.body, cut=entry.answer_cut, secrets=secrets),
            "delay": round(entry.answer.delay, 3),
            "fault": entry.answer.fault,
        },
        "verdict": entry.verdict,
        "why": _why(entry),
        "notes": list(_notes(entry)),
    }


def _verdict(entry: Entry) -> dict[str, Any]:
    if not entry.is_to_the_operation:
        blueprint = entry.state.blueprint
        fault = f"{entry.method} {entry.path} is not in the contract; it has {blueprint.method} {blueprint.route}"
        return {"keeps_contract": False, "request_class": None, "faults": [fault], "answer": []}
    if entry.cut:
        return {
            "keeps_contract": None,
            "request_class": None,
            "faults": [],
            "answer": [],
            "says": "too long to be kept",
        }
    contract = entry.state.contract
    request = Request(contract.operation.method, contract.operation.path, tuple(entry.headers.items()), entry.body)
    history = _history(entry)
    seen = classify(contract, request, history)
    faults = [fault for fault in seen.faults if fault.outside != RequestClass.MUST_ACCEPT]
    answer = Response(
        entry.answer.status, (("Content-Type", entry.answer.media_type), *entry.answer.headers), entry.answer.body
    )
    judged = judge(contract, Exchange(request, answer), history)
    return {
        "keeps_contract": seen.request_class in _KEEPING,
        "request_class": str(seen.request_class),
        "faults": _listed([_fault(fault.place, fault.keyword, fault.value) for fault in faults])
        or ([] if seen.request_class in _KEEPING else ["the media type is not application/json"]),
        "answer": [] if entry.answer_cut else _listed(found.message for found in judged),
    }


def _listed(texts: Iterable[str]) -> list[str]:
    """Return the texts, or the first of very many and how many there are besides."""
    shown = list(texts)
    more = len(shown) - _MOST_SHOWN
    return shown if more <= 0 else [*shown[:_MOST_SHOWN], f"and {more} more"]


def _history(entry: Entry) -> History:
    if not entry.known or entry.conversation_id is None:
        return History()
    user = ABSENT if entry.user_id is None else entry.user_id
    return History({entry.conversation_id: Conversation(user=user, turns=1)}, {entry.conversation_id})


def _fault(place: tuple[Any, ...], keyword: str, value: Any) -> str:
    where = render_pointer(place) or "the body"
    if keyword == "required":
        return f"{where} is missing"
    if keyword == "additionalProperties":
        return f"{where} is not in the contract"
    if value is ABSENT:
        return f"{where} is no JSON"
    return f"{where} is {shorten(value)}, which breaks {keyword}"


def _why(entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = {"because": entry.answer.because}
    if entry.place is not None:
        shown["conversation"] = entry.place.conversation
        shown["turn"] = entry.place.turn
    if entry.message is not None and entry.answer.status == 200:
        script = entry.state.shop.script
        misses = script.misses(entry.message, entry.standing, entry.place, _MOST_MISSES)
        shown["not_matched"] = [
            {"conversation": miss.place.conversation, "turn": miss.place.turn, "lacks": list(miss.lacks)}
            for miss in misses
        ]
    return shown


def _notes(entry: Entry) -> Any:
    headers = entry.headers
    if "origin" in headers and ("authorization" in headers or "x-api-key" in headers):
        yield "a browser sent a key: keys are for servers, and whoever opens this page can read it"
