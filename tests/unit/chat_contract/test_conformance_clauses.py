"""Every clause has exchanges that violate it and exchanges that conform to it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import pytest

from chat_contract import Contract, History, Request, Response
from chat_contract.conformance import RULES, examine, exercised_clauses
from chat_contract.exchange import Breakdown, Exchange
from tests.unit.chat_contract.exchanges import (
    EVENT,
    ITEM,
    JSON,
    NOON,
    ask,
    entry,
    judged,
    knows,
    reject,
    reply,
    response,
    say,
    violated,
)

RESET, CUT, SILENCE, NOISE = (Breakdown(kind) for kind in ("reset", "truncated", "silence", "garbled"))
DOCUMENTED_REQUEST = {
    "message": "Which desk would you recommend for heavy tools?",
    "conversation_id": "c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f",
    "session_id": "2f396d29-fb98-44cf-996c-e8c66fc02fbe",
    "user_id": "u8a7d9f6",
    "events": [
        {
            "timestamp": "2024-06-14T10:00:00Z",
            "type": "browse",
            "item_id": "ST678VG",
            "description": "Viewed workshop desk details page",
        },
        {
            "timestamp": "2024-06-14T10:03:00Z",
            "type": "click",
            "item_id": "ST678VG",
            "description": "Clicked on product image",
        },
    ],
}
FULL_EVENT = EVENT | {"item_id": "A1", "description": "Seen"}
CHARSET = (("Content-Type", "application/json; charset=utf-8"),)
TEXT = (("Content-Type", "text/plain"),)
UUID = "9b022f99-358e-4041-904d-abb9bd15731a"
SPELLINGS = (UUID.upper(), UUID.replace("-", ""), f"{{{UUID}}}", f"urn:uuid:{UUID}", f"URN:UUID:{UUID.upper()}")
HTML = (("Content-Type", "text/html"),)
NO = response(400, {"detail": "no"})
OK = reply()
CHARACTERS_COUNTED = '{"conversation_id": "new", "message": "café, 机", "items": ['.encode()
"""The beginning of a reply, as a client receives it if Content-Length counts characters."""


@dataclass(frozen=True)
class ClauseExample:
    request: Request
    outcome: Any
    history: History | None = None
    concurrent: bool = False


def ex(request: Request, outcome: Any, history: History | None = None, *, concurrent: bool = False) -> ClauseExample:
    return ClauseExample(request, outcome, history, concurrent)


def detail(*entries: Any, **fields: Any) -> Response:
    return response(422, {"detail": list(entries)} | fields)


def items(*found: Any) -> Response:
    return reply(items=list(found))


def many(count: int) -> list[Any]:
    return [ITEM | {"item_id": f"A{number}"} for number in range(count)]


def back(conversation_id: str) -> Response:
    return reply(conversation_id=conversation_id)


def seen(*ids: str) -> History:
    return History(seen=set(ids))


def answered(request: Request, status: int) -> History:
    return History(statuses={request.body: status})


def key(credential: Any) -> Request:
    return ask({"message": "a"}, credential=credential)


def deep(levels: int) -> Request:
    return ask('{"message": "a", "x": ' + "[" * levels + "]" * levels + "}")


def of_bytes(size: int) -> Request:
    return ask('{"message": "a", "limit": 0}'.ljust(size))


LENIENT = (
    '{"message": "a",}',
    '{"message": "a"} // comment',
    '{"message": "a"}{"message": "b"}',
    "{'message': 'a'}",
    '{message: "a"}',
    '{"message": "a\nb"}',
    r'{"message": "\x"}',
    '{"message": "a", "limit": 04}',
)
LARGE = say("a" * 70_000)

# clause: (exchanges that violate it, exchanges that exercise it and conform)
TABLE: dict[str, tuple[list[ClauseExample], list[ClauseExample]]] = {
    "request.message-alone": (
        [ex(say(), reject(["message"])), ex(say(), NO), ex(say(), response(404)), ex(say(), response(300))],
        [
            ex(say(), OK),
            ex(say(conversation_id="c"), back("c"), knows("c")),
            ex(ask('{"message": "a"}' + " " * 70_000), response(413)),
        ],
    ),
    "request.all-fields": (
        [ex(say(session_id="s", user_id="u", events=[FULL_EVENT], limit=2), reject(["limit"]))],
        [ex(say(session_id="s", user_id="u", events=[FULL_EVENT], limit=2), OK)],
    ),
    "request.optional-field": (
        [ex(say(limit=3), reject(["limit"])), ex(say(events=[EVENT | {"item_id": "A1"}]), NO)],
        [ex(say(session_id="s"), OK)],
    ),
    "request.minimal-event": (
        [ex(say(events=[EVENT]), reject(["events", 0, "item_id"]))],
        [ex(say(events=[EVENT]), OK)],
    ),
    "request.documented-example": (
        [ex(ask(DOCUMENTED_REQUEST | {"conversation_id": "c"}), NO, knows("c", user="u8a7d9f6"))],
        [ex(ask({k: v for k, v in DOCUMENTED_REQUEST.items() if k != "conversation_id"}), OK)],
    ),
    "request.unknown-conversation": (
        [ex(ask(DOCUMENTED_REQUEST), reject(["conversation_id"]))],
        [ex(ask(DOCUMENTED_REQUEST), OK)],
    ),
    "request.event-type": (
        [ex(say(events=[FULL_EVENT | {"type": "wishlist"}]), reject(["events", 0, "type"]))],
        [ex(say(events=[FULL_EVENT | {"type": "wishlist"}]), OK)],
    ),
    "request.timestamp": (
        [
            ex(say(events=[FULL_EVENT | {"timestamp": "2024-06-14T10:00:00.5Z"}]), reject(["events", 0, "timestamp"])),
            ex(say(events=[EVENT | {"timestamp": "2024-06-14T10:00:00+02:00"}]), reject(["events", 0, "timestamp"])),
        ],
        [ex(say(events=[FULL_EVENT | {"timestamp": "2024-06-14T10:00:00-05:30"}]), OK)],
    ),
    "request.text": (
        [
            ex(say("Größe 😀 'x'"), reject(["message"])),
            ex(ask({"limit": 3, "message": "Größe"}), reject(["message"])),
        ],
        [ex(say("プレゼント"), OK)],
    ),
    "request.no-events": ([ex(say(events=[]), reject(["events"]))], [ex(say(events=[]), OK)]),
    "request.key-order": (
        [ex(ask({"limit": 3, "message": "a"}), NO), ex(say(events=[{"type": "click", "timestamp": NOON}]), NO)],
        [ex(ask({"limit": 3, "message": "a"}), OK)],
    ),
    "request.accepted": (
        [ex(say(session_id="s", user_id="u"), reject(["user_id"]))],
        [ex(say(session_id="s", user_id="u"), OK)],
    ),
    "request.charset": (
        [
            ex(ask({"message": "a"}, headers=CHARSET), response(415)),
            ex(ask({"message": "a"}, headers=CHARSET), reject([])),
        ],
        [ex(ask({"message": "a"}, headers=CHARSET), OK)],
    ),
    "request.documented": (
        [ex(say(limit=0), reject(["limit"])), ex(say(""), reject(["message"]))],
        [ex(say(limit=0), OK), ex(say(limit=11), OK)],
    ),
    "rejection.body": (
        [ex(ask("[]"), OK), ex(ask('[{"message": "a"}]'), OK), ex(ask("null"), NO), ex(ask("5"), response(404))],
        [ex(ask("[]"), reject([]))],
    ),
    "rejection.message": (
        [ex(ask({}), OK), ex(say(None), OK), ex(say(5), NO)],
        [ex(ask({}), reject(["message"]))],
    ),
    "rejection.field": (
        [ex(say(user_id=5), OK), ex(say(session_id=[]), NO)],
        [ex(say(user_id=5), reject(["user_id"])), ex(say(conversation_id=[]), reject(["conversation_id"]))],
    ),
    "rejection.events": ([ex(say(events={}), OK), ex(say(events="a"), OK)], [ex(say(events=0), reject(["events"]))]),
    "rejection.event": (
        [ex(say(events=[None]), OK), ex(say(events=[EVENT, []]), OK)],
        [ex(say(events=[EVENT, 5]), reject(["events", 1]))],
    ),
    "rejection.event-required": (
        [ex(say(events=[{"type": "a"}]), OK), ex(say(events=[EVENT, {"timestamp": NOON}]), NO)],
        [ex(say(events=[{"type": "a"}]), reject(["events", 0, "timestamp"]))],
    ),
    "rejection.event-field": (
        [ex(say(events=[EVENT | {"item_id": 5}]), OK), ex(say(events=[EVENT | {"timestamp": None}]), OK)],
        [ex(say(events=[EVENT | {"type": 5}]), reject(["events", 0, "type"]))],
    ),
    "rejection.limit": (
        [ex(say(limit="abc"), OK), ex(say(limit=2.5), OK), ex(say(limit=[]), OK)],
        [ex(say(limit={}), reject(["limit"]))],
    ),
    "rejection.several": (
        [ex(say(5, limit="abc"), OK), ex(say(events=[{}]), OK)],
        [ex(say(5, limit="abc"), reject(["message"], ["limit"])), ex(say(5, limit="abc"), reject(["limit"]))],
    ),
    "rejection.malformed": (
        [ex(ask("{"), OK), ex(ask(""), OK), ex(ask("hello"), response(302))],
        [ex(ask("{"), reject([1])), ex(ask("{"), NO), ex(ask(""), response(411))],
    ),
    "rejection.lenient-json": (
        [ex(ask(text), OK) for text in LENIENT] + [ex(ask(LENIENT[0]), response(302))],
        [ex(ask(text), outcome) for text in LENIENT for outcome in (NO, reject([1]))],
    ),
    "rejection.malformed-422": (
        [ex(ask("{"), NO), ex(ask(""), response(411)), ex(ask(LENIENT[0]), NO)],
        [ex(ask("{"), reject([1])), ex(ask(""), reject([]))],
    ),
    "rejection.harmless": (
        [
            ex(say(conversation_id="c"), NO, knows("c", rejected=True, accepted=json.loads(say().body))),
            ex(say(conversation_id="c"), back("d"), knows("c", rejected=True)),
        ],
        [
            ex(say(conversation_id="c"), back("c"), knows("c", rejected=True)),
            # The server may reject this body everywhere, which is a matter of another clause.
            ex(say(conversation_id="c"), NO, knows("c", rejected=True)),
            ex(say("another", conversation_id="c"), NO, knows("c", rejected=True, accepted=json.loads(say().body))),
        ],
    ),
    "error.media-type": (
        [ex(ask({}), reject(["message"], headers=HTML)), ex(ask({}), reject(["message"], headers=()))],
        [
            ex(ask({}), reject(["message"])),
            ex(ask({}), reject(["message"], headers=CHARSET)),
            ex(ask({}), reject(["message"], headers=(("Content-Type", "application/problem+json"),))),
            ex(ask({}), reject(["message"], headers=(("Content-Type", "Application/JSON"),))),
        ],
    ),
    "error.shape": (
        [
            *(ex(ask({}), response(422, body)) for body in ("", "{", "[]", "null", "{}", '"no"', b"\xff")),
            *(ex(ask({}), response(422, {"detail": wrong})) for wrong in ([], None, "no", {}, {"loc": []}, 5)),
            ex(say(limit=0), response(422, {"errors": []})),
            ex(ask("{"), response(422, {"detail": "Malformed"})),
        ],
        [
            ex(ask({}), reject(["message"])),
            ex(ask({}), detail(entry(["body", "message"]), title="no")),
            ex(ask('{"message": "a", "x": NaN}'), detail(entry(["body", "x"], input=math.nan))),
        ],
    ),
    "error.entry": (
        [
            *(ex(ask({}), detail(wrong)) for wrong in ("no", 5, None, [], {}, {"msg": "a", "type": "b"})),
            *(ex(ask({}), detail(entry(loc))) for loc in ("message", None, {}, 5, [None], [1.5], [["body"]], [True])),
            *(ex(ask({}), detail(entry(["body", "message"], msg=wrong))) for wrong in ("", None, 5)),
            *(ex(ask({}), detail(entry(["body", "message"], type=wrong))) for wrong in ("", None, 5)),
            ex(ask({}), detail(entry(["body", "message"], ctx="no"))),
            ex(ask({}), detail(entry(["body", "message"]), "no")),
            ex(ask({}), detail(entry([None, 1.5]))),
            ex(ask({}), detail(entry("a" * 200))),
        ],
        [
            ex(ask({}), detail(entry(["body", "message"], input=None, ctx={}, url="http://a"))),
            ex(ask("[]"), detail(entry([]))),
        ],
    ),
    "error.loc": (
        [
            ex(ask({}), reject(["limit"])),
            ex(say(limit=0), reject(["message"])),
            ex(say(5, limit="abc"), reject(["user_id"])),
            ex(say(5, limit="abc", user_id=5, session_id=5, events=5), reject(["x"])),
        ],
        [ex(ask({}), reject(["message"])), ex(say(limit=0), reject(["limit"]))],
    ),
    "error.loc-body": (
        [
            ex(ask({}), detail(entry(["message"]))),
            ex(ask({}), detail(entry(["query", "message"]))),
            ex(ask("["), detail(entry([]))),
        ],
        [ex(ask({}), reject(["message"]))],
    ),
    "error.loc-index": (
        [ex(say(events=[{}]), reject(["events", "0", "type"]))],
        [
            ex(say(events=[{}]), reject(["events", 0, "type"])),
            ex(say(events=[EVENT | {"1": 1}]), reject(["events", 0, "1"])),
        ],
    ),
    "error.all-faults": (
        [ex(say(5, limit="abc"), reject(["message"])), ex(say(events=[{}]), reject(["events", 0, "type"]))],
        [ex(say(5, limit="abc"), reject(["limit"], ["message"])), ex(ask({"body": 1}), reject(["message"]))],
    ),
    "error.missing-type": (
        [
            ex(ask({}), reject(["message"])),
            ex(say(events=[{"type": "a"}]), reject(["events", 0, "timestamp"])),
            ex(ask({"body": 1}), reject(["message"])),
            ex(ask({}), detail({"loc": ["body", "message"], "msg": "Wrong"})),
        ],
        [
            ex(ask({}), detail(entry(["body", "message"], type="missing"))),
            ex(ask({}), detail(entry(["body", "message"], type="value_error.required"))),
            ex(
                ask({"user_id": 5}),
                detail(entry(["body", "user_id"], type="string_type"), entry(["body", "message"], type="missing")),
            ),
        ],
    ),
    "reply.status": (
        [ex(say(), response(status, OK.body)) for status in (201, 202, 204, 206)],
        [ex(say(), OK), ex(say(limit=0), OK)],
    ),
    "reply.media-type": (
        [ex(say(), response(200, OK.body, headers)) for headers in (HTML, (), (*CHARSET, *HTML))],
        [ex(say(), OK), ex(say(), response(200, OK.body, CHARSET)), ex(say(limit=0), OK)],
    ),
    "reply.encoding": (
        [
            *(ex(say(), response(200, body)) for body in ("", "hello", "{", b"\xff", "\ufeff{}", '{"a": NaN}')),
            ex(say(), response(200, '{"message": "café"}'.encode("latin-1"))),
            ex(say(), response(200, "[" * 100_000)),
        ],
        [ex(say(), OK), ex(say(), reply(message="café 😀"))],
    ),
    "reply.length": (
        [ex(say(), response(200, OK.body, (*JSON, ("Content-Length", str(len(OK.body) + wrong))))) for wrong in (1, -1)]
        + [ex(say(), response(200, CHARACTERS_COUNTED, (*JSON, ("Content-Length", str(len(CHARACTERS_COUNTED))))))],
        [
            ex(say(), OK),
            ex(say(), response(200, OK.body, (*JSON, ("content-length", str(len(OK.body)))))),
            ex(ask("", method="HEAD"), response(405, "", (("Content-Length", "30"), ("Allow", "POST")))),
            ex(say(), response(200, OK.body, (*JSON, ("Content-Encoding", "gzip"), ("Content-Length", "9")))),
            *(ex(ask("", method="OPTIONS"), response(status, "", (("Content-Length", "9"),))) for status in (204, 304)),
        ],
    ),
    "reply.object": (
        [
            *(ex(say(), response(200, body)) for body in ("[]", "null", '"Hello"', "{}")),
            ex(say(), response(200, {"conversation_id": "a", "message": "b"})),
            ex(say(), response(200, {"conversation_id": "a", "items": []})),
            ex(say(), response(200, {"message": "a", "items": []})),
        ],
        [ex(say(), OK), ex(say(), reply(more=1))],
    ),
    "reply.conversation-id": (
        [ex(say(), reply(conversation_id=wrong)) for wrong in ("", None, 5, True, ["a"])],
        [
            ex(say(), OK),
            ex(say(conversation_id=""), reply(conversation_id="")),
            ex(ask('{"message": "a", "conversation_id": "", "conversation_id": "b"}'), reply(conversation_id="")),
        ],
    ),
    "reply.message": (
        [ex(say(), reply(message=wrong)) for wrong in (None, 5, ["a"], {})],
        [ex(say(), OK), ex(say(), reply(message=""))],
    ),
    "reply.message-blank": ([ex(say(), reply(message=blank)) for blank in ("", " ", "\n\t")], [ex(say(), OK)]),
    "reply.items": (
        [ex(say(), reply(items=wrong)) for wrong in (None, {}, "", 0)],
        [ex(say(), OK), ex(say(), items(ITEM))],
    ),
    "reply.item": (
        [
            *(ex(say(), items(wrong)) for wrong in (None, "A1", 5, [], {}, {"title": "Desk"})),
            *(ex(say(), items(ITEM | {"item_id": wrong})) for wrong in (None, "", 5, ["A1"])),
            ex(say(), items(ITEM, None)),
        ],
        [ex(say(), OK), ex(say(), items({"item_id": "A1"}))],
    ),
    "reply.item-field": (
        [ex(say(), items(ITEM | {name: 5})) for name in ("title", "status", "description", "price")]
        + [ex(say(), items(ITEM | {"price": 99.0})), ex(say(), items(ITEM, ITEM | {"item_id": "A2", "title": ["a"]}))]
        + [ex(say(), items(ITEM | {"title": ["a" * 200]}))],
        [
            ex(say(), items({"item_id": "A1", "title": None, "price": None})),
            ex(say(), items(ITEM | {"metadata": ["a"], "price_currency": "EUR", "rank": 1})),
        ],
    ),
    "reply.item-example": (
        [ex(say(), items({"item_id": "A1"})), ex(say(), items({k: v for k, v in ITEM.items() if k != "price"}))],
        [ex(say(), items(ITEM)), ex(say(), items(ITEM | {"price": None}))],
    ),
    "reply.item-price": (
        [ex(say(), items(ITEM | {"price": price})) for price in ("", "€5", "5,00", "1 000", "5.", ".5", "five", "5\n")],
        [ex(say(), items(ITEM | {"price": price})) for price in ("5", "5.00", "999.99", "-1", "0.5")],
    ),
    "reply.item-twice": ([ex(say(), items(ITEM, ITEM))], [ex(say(), items(*many(2)))]),
    "limit.asked": (
        [
            ex(say(limit=1), items(*many(2))),
            ex(say(limit=0), items(ITEM)),
            ex(say(limit=10), items(*many(11))),
            ex(say(limit=2, conversation_id="c"), reply(conversation_id="c", items=many(3)), knows("c")),
        ],
        [
            ex(say(limit=1), items(ITEM)),
            ex(say(limit=10), OK),
            ex(say(limit=0), OK),
            ex(say(limit=10**20), items(*many(9))),
        ],
    ),
    "limit.default": (
        [ex(say(), items(*many(5))), ex(say(events=[EVENT]), items(*many(5)))],
        [ex(say(), items(*many(4))), ex(say(), OK)],
    ),
    "limit.negative": ([ex(say(limit=-1), items(ITEM))], [ex(say(limit=-1), OK)]),
    "limit.coerced": (
        [ex(say(limit=limit), items(*many(3))) for limit in ("2", " 2 ", 2.0, True, False, -1.0, "-5", "1e0", "0_2")],
        [ex(say(limit=limit), items(*many(3))) for limit in (None, "", "3", 3.0, "١٠٠", "1_000")]
        + [ex(say(limit=limit), OK) for limit in (-1.0, "-5", False)],
    ),
    "conversation.issued": (
        [ex(say(), reply(conversation_id="")), ex(say(), response(200, {"message": "a", "items": []}))],
        [ex(say(), OK)],
    ),
    "conversation.distinct": (
        [ex(say(), back("c"), seen("c"))],
        [ex(say(), back("c"), seen("b")), ex(say(), back("c"))],
    ),
    "conversation.kept": (
        [ex(say(conversation_id="c"), back(other), knows("c")) for other in ("d", "C", "c ", "cc")],
        [
            ex(say(conversation_id="c"), back("c"), knows("c")),
            ex(say(conversation_id="c", user_id="bob"), back("fresh"), knows("c", user="ann")),
        ],
    ),
    "conversation.foreign": (
        [
            ex(say(conversation_id="mine"), back("other"), seen("other")),
            ex(say(conversation_id="mine"), back("other"), knows("other")),
        ],
        [
            *(
                ex(say(conversation_id=sent), back("mine"), seen("mine"))
                for sent in ("Mine", " mine", "mine-and-more", "mine\0x")
            ),
            ex(say(conversation_id=UUID.upper()), back(UUID), seen(UUID)),
            ex(say(conversation_id="mine"), back("mine"), seen("mine")),
            ex(say(conversation_id="mine"), back("fresh"), seen("mine")),
            ex(say(conversation_id="mine"), reject(["conversation_id"])),
        ],
    ),
    "conversation.no-copy": (
        [
            ex(say(conversation_id=sent), back(came))
            for sent, came in (
                ("Mine", "mine"),
                (" mine ", "mine"),
                ("a" * 300, "a" * 255),
                ("mine\n", "mine"),
                ("ß1234", "SS1234"),
            )
        ],
        [
            ex(say(conversation_id="Mine"), back("Mine")),
            ex(say(conversation_id="Mine"), back("fresh")),
            ex(say(conversation_id=""), back("fresh")),
            ex(say(conversation_id="a"), back("cafe-1")),
            *(ex(say(conversation_id=spelling), back(UUID)) for spelling in SPELLINGS),
        ],
    ),
    "conversation.alike-ids": (
        [
            ex(say(conversation_id=twin), back("José-7 a"), knows("José-7 a"))
            for twin in (
                *("josé-7 a", "José-7 a ", "José-7a", "Jose-7 a", "Jose\u0301-7 a", "José-7 a\0b", "José-7 a and more"),
                *("José-7", "\u200bJosé-7 a", "ＪＯＳÉ-7 Ａ"),
            )
        ]
        + [ex(say(conversation_id=UUID + " "), back(UUID), knows(UUID))],
        [
            ex(say(conversation_id="MINE"), outcome, knows("mine"))
            for outcome in (back("MINE"), back("fresh"), reject(["conversation_id"]), response(404))
        ],
    ),
    "conversation.uuid-spelling": (
        [ex(say(conversation_id=spelling), back(UUID), knows(UUID)) for spelling in SPELLINGS]
        + [ex(say(conversation_id=UUID.upper()), back(UUID))],
        [ex(say(conversation_id=UUID.upper()), back(UUID.upper()), knows(UUID))],
    ),
    "conversation.not-found": (
        [ex(say(conversation_id="unknown"), response(404, {"detail": "no"}))],
        [ex(say(conversation_id="unknown"), OK), ex(say(conversation_id="unknown"), reject(["conversation_id"]))],
    ),
    "conversation.concurrent": (
        [
            ex(say(conversation_id="c"), back("d"), knows("c", "d"), concurrent=True),
            ex(say(), back("c"), knows("c"), concurrent=True),
        ],
        [ex(say(conversation_id="c"), back("c"), knows("c"), concurrent=True), ex(say(), OK, concurrent=True)],
    ),
    "http.methods": (
        [
            ex(ask("", method="GET"), response(405)),
            ex(ask("", method="DELETE"), NO),
            ex(ask("", method="PUT"), response(302)),
            ex(ask("", method="PUT"), response(300)),
        ],
        [
            ex(ask("", method="GET"), response(405, "", (("Allow", "POST"),))),
            ex(ask("", method="PATCH"), response(404)),
            ex(ask("", method="PATCH"), response(501)),
        ],
    ),
    "http.methods-accepted": (
        [ex(ask("", method=method), OK) for method in ("GET", "PUT", "PATCH", "DELETE")],
        [ex(ask("", method="GET"), response(404)), ex(ask("", method="GET"), response(300))],
    ),
    "http.methods-failing": (
        [
            ex(ask("", method="GET"), response(500)),
            ex(ask("", method="OPTIONS"), RESET),
            ex(ask("", method="HEAD"), response(502)),
        ],
        [
            ex(ask("", method="HEAD"), response(501)),
            ex(ask("", method="HEAD"), response(200)),
            ex(ask("", method="OPTIONS"), response(204)),
            ex(ask("", method="GET"), NO),
        ],
    ),
    "http.unknown-path": (
        [ex(ask({"message": "a"}, path="/chatt"), OK), ex(ask("", path="/no", method="POST"), response(500))],
        [ex(ask({"message": "a"}, path="/chatt"), response(404))],
    ),
    "http.media-type": (
        [
            ex(ask({"message": "a"}, headers=TEXT), response(300)),
            ex(ask({"message": "a"}, headers=()), response(302)),
        ],
        [
            ex(ask({"message": "a"}, headers=TEXT), outcome)
            for outcome in (OK, NO, response(404), response(415), reject([]), response(201))
        ],
    ),
    "http.media-type-failing": (
        [ex(ask({"message": "a"}, headers=TEXT), outcome) for outcome in (response(500), RESET, SILENCE)],
        [ex(ask({"message": "a"}, headers=TEXT), response(415))],
    ),
    "http.chunked": (
        [
            ex(ask({"message": "a"}, chunked=True), outcome)
            for outcome in (response(411), response(500), RESET, reject([]), response(300))
        ],
        [ex(ask({"message": "a"}, chunked=True), OK)],
    ),
    "robustness.status": (
        [
            *(ex(say(limit=0), response(status)) for status in (400, 401, 403, 404, 409, 413, 418, 302)),
            ex(LARGE, NO),
            ex(ask({"message": "a"}, headers=CHARSET), response(302)),
            ex(say(conversation_id="unknown"), NO),
            ex(say(limit=0), response(300)),
            ex(of_bytes(64 * 1024), response(413)),
        ],
        [
            *(ex(say(limit=0), outcome) for outcome in (OK, reject(["limit"]), response(201, OK.body))),
            ex(LARGE, response(413)),
            ex(ask({"message": "a"}, headers=CHARSET), response(415)),
            ex(ask({"message": "a"}, headers=CHARSET), NO),
            ex(say(conversation_id="unknown"), response(404)),
            ex(say(Conversation_id="unknown"), response(404)),
            ex(of_bytes(64 * 1024 + 1), response(413)),
        ],
    ),
    "robustness.failing": (
        [
            ex(request, response(status))
            for request in (say(), say(limit=0), ask({}), ask("{"))
            for status in (500, 503)
        ],
        [ex(say(), OK), ex(ask("{"), reject([1]))],
    ),
    "robustness.reset": (
        [ex(request, outcome) for request in (say(), say(limit=0), ask({}), ask("{")) for outcome in (RESET, NOISE)],
        [ex(say(), OK), ex(say(), SILENCE), ex(say(), CUT)],
    ),
    "robustness.truncated": ([ex(say(), CUT), ex(ask("{"), CUT)], [ex(say(), OK), ex(say(), RESET)]),
    "robustness.silence": ([ex(say(), SILENCE), ex(ask({}), SILENCE)], [ex(say(), OK), ex(say(), CUT)]),
    "robustness.deep": (
        [ex(deep(51), outcome) for outcome in (response(500), RESET, NO, SILENCE)],
        [ex(deep(51), OK), ex(deep(499), reject(["x"]))],
    ),
    "robustness.beyond-i-json": (
        [
            ex(ask(raw), response(500))
            for raw in (b'"\xff"', b'{"message": "a", "message": "b"}', "[" * 600, r'{"message": "\ud800"}')
        ]
        + [ex(ask(b'"\xff"'), RESET), ex(ask(b'"\xff"'), SILENCE)],
        [ex(ask(b'"\xff"'), NO), ex(ask("[" * 600), reject([]))],
    ),
    "robustness.beyond-i-json-echoed": (
        [
            ex(ask({"message": "a", "x": 1}.__repr__().replace("'", '"').replace("1}", raw)), response(500))
            for raw in ("NaN}", "1e400}", "9" * 400 + "}", r'"\ud800"}', '"\uffff"}')
        ],
        [ex(ask('{"message": "a", "x": NaN}'), OK), ex(ask('{"message": "a", "x": NaN}'), NO)],
    ),
    "robustness.beyond-i-json-status": (
        [ex(ask(b'"\xff"'), response(status)) for status in (300, 302)] + [ex(ask('{"message": NaN}'), response(304))],
        [ex(ask(b'"\xff"'), outcome) for outcome in (NO, response(413), response(418), reject([]))],
    ),
    "latitude.repeatable": (
        [
            ex(say(limit=0), OK, answered(say(limit=0), 422)),
            ex(say(limit=0), reject(["limit"]), answered(say(limit=0), 200)),
        ],
        [ex(say(limit=0), OK, answered(say(limit=0), 200))],
    ),
    "credentials.missing": (
        [ex(key("missing"), outcome) for outcome in (OK, response(403), reject([]), RESET, response(401, OK.body))],
        [ex(key("missing"), response(401, {"detail": "No key"})), ex(key("missing"), response(401, "", ()))],
    ),
    "credentials.wrong": ([ex(key("wrong"), OK), ex(key("wrong"), response(500))], [ex(key("wrong"), response(401))]),
    "credentials.malformed": ([ex(key("malformed"), NO)], [ex(key("malformed"), response(401))]),
    "credentials.spoofed": ([ex(key("spoofed"), OK)], [ex(key("spoofed"), response(401))]),
    "credentials.accepted": ([ex(say(), response(401))], [ex(say(), OK), ex(say(), response(500))]),
}


def cases(which: int) -> list[Any]:
    return [
        pytest.param(clause, exchange, id=f"{clause}-{number}")
        for clause, exchanges in TABLE.items()
        for number, exchange in enumerate(exchanges[which])
    ]


@pytest.mark.parametrize(("clause", "exchange"), cases(0))
def test_violating_exchange_violates_its_clause(contract: Contract, clause: str, exchange: ClauseExample) -> None:
    found = violated(contract, exchange.request, exchange.outcome, exchange.history, concurrent=exchange.concurrent)
    assert clause in found


@pytest.mark.parametrize(("clause", "exchange"), cases(1))
def test_conforming_exchange_exercises_its_clause_without_violation(
    contract: Contract, clause: str, exchange: ClauseExample
) -> None:
    judged_exchange = Exchange(exchange.request, exchange.outcome, exchange.concurrent)
    facts = examine(contract, judged_exchange, exchange.history or History())
    assert clause in exercised_clauses(facts)
    assert clause not in violated(
        contract, exchange.request, exchange.outcome, exchange.history, concurrent=exchange.concurrent
    )


SEEN_200 = answered(say(limit=0), 200)

# Exchanges to which the clause does not apply: they must not count as a pass.
NOT_EXERCISED: dict[str, list[ClauseExample]] = {
    "request.message-alone": [ex(say(), response(500)), ex(say(), RESET), ex(say(limit=1), OK), ex(say(limit=0), OK)],
    "request.all-fields": [ex(say(session_id="s", user_id="u", limit=2), OK)],
    "request.optional-field": [
        ex(say(), OK),
        ex(say(limit=1, user_id="u"), OK),
        ex(say(events=[FULL_EVENT]), OK),
        ex(say(events=[EVENT, FULL_EVENT]), OK),
    ],
    "request.minimal-event": [ex(say(events=[FULL_EVENT]), OK), ex(say(events=[]), OK)],
    "request.event-type": [ex(say(events=[EVENT]), OK)],
    "request.timestamp": [ex(say(events=[EVENT]), OK), ex(say(), OK)],
    "request.text": [ex(say("A desk, please!"), OK)],
    "request.no-events": [ex(say(), OK), ex(say(events=[EVENT]), OK)],
    "request.key-order": [ex(say(limit=1), OK), ex(say(events=[FULL_EVENT]), OK)],
    "request.unknown-conversation": [
        ex(ask(DOCUMENTED_REQUEST), response(500)),
        ex(say(conversation_id="unknown"), OK),
        ex(ask("[]"), OK),
    ],
    "request.documented": [
        ex(say(limit=-1), OK),
        ex(say(x=1), OK),
        ex(say(x=1, limit=0), OK),
        ex(say(limit=0), response(500)),
        ex(ask(DOCUMENTED_REQUEST), OK),
        ex(ask({"message": "a"}, headers=CHARSET), OK),
        ex(deep(60), OK),
    ],
    "request.charset": [
        ex(say(), OK),
        ex(say(limit=0), OK),
        ex(ask({"message": ""}, headers=CHARSET), OK),
        ex(ask({"message": "a"}, headers=CHARSET), response(500)),
    ],
    "rejection.message": [ex(ask({}), response(500)), ex(ask({}, headers=TEXT), OK)],
    "rejection.malformed": [ex(ask("{"), response(500)), ex(ask("{", headers=TEXT), NO), ex(ask(b'"\xff'), NO)],
    "rejection.malformed-422": [ex(ask("{"), OK), ex(ask("{"), response(500))],
    "rejection.harmless": [
        ex(say(conversation_id="c"), back("c"), knows("c")),
        ex(say(conversation_id="c", limit=0), reject(["limit"]), knows("c", rejected=True)),
        ex(say(), OK, knows("c", rejected=True)),
        ex(say(conversation_id="c"), RESET, knows("c", rejected=True)),
        ex(say(conversation_id="c"), response(500), knows("c", rejected=True)),
    ],
    "error.media-type": [ex(ask({}), NO), ex(ask("", method="GET"), reject([])), ex(key("missing"), reject([]))],
    "error.shape": [ex(ask({}), NO), ex(ask({"message": "a"}, path="/no"), reject([]))],
    "error.entry": [ex(ask({}), response(422, {"detail": []})), ex(ask({}), response(400, {"detail": [5]}))],
    "error.loc": [
        ex(ask({}), detail("no")),
        ex(ask({}), detail({"loc": "message"})),
        ex(say(), reject(["message"])),
        ex(ask({}), reject(["message"], status=400)),
    ],
    "error.loc-body": [ex(ask({}), detail("no")), ex(ask({}), reject(["message"], status=400))],
    "error.loc-index": [
        ex(ask({}), reject(["message"])),
        ex(say(events=[{}]), reject(["events"])),
        ex(say(events=[{}]), reject(["events", "0"], status=400)),
    ],
    "error.all-faults": [ex(ask("[]"), reject([])), ex(say(limit=0), reject(["limit"])), ex(ask({}), detail("no"))],
    "error.missing-type": [ex(say(5), reject(["message"])), ex(ask({}), detail("no")), ex(say(limit=0), reject(["x"]))],
    "reply.status": [ex(say(), response(302)), ex(ask({}), response(201)), ex(say(), response(300))],
    "reply.object": [ex(say(), response(200, "{")), ex(ask({}), OK), ex(say(), response(201, {}))],
    "reply.media-type": [ex(ask({}), response(200, "", ())), ex(say(), response(404, "", ()))],
    "reply.conversation-id": [ex(say(), response(200, {"message": "a"}))],
    "reply.message": [ex(say(), response(200, {"items": []}))],
    "reply.message-blank": [ex(say(), reply(message=5))],
    "reply.items": [ex(say(), response(200, {"message": "a"}))],
    "reply.item": [ex(say(), reply(items=None)), ex(say(), reply(items={}))],
    "reply.item-price": [ex(say(), OK), ex(say(), items({"item_id": "A1", "price": None}))],
    "reply.item-twice": [ex(say(), OK), ex(say(), items(ITEM))],
    "limit.asked": [ex(say(), OK), ex(say(limit=-1), OK), ex(say(limit="1"), OK), ex(say(limit=True), OK)],
    "limit.default": [
        ex(say(limit=10), items(*many(9))),
        ex(say(limit=None), items(*many(9))),
        ex(say(), reply(items=5)),
    ],
    "limit.negative": [ex(say(limit=0), OK), ex(say(limit=-1.0), OK), ex(say(limit=-1), reply(items=None))],
    "limit.coerced": [ex(say(limit=1), OK), ex(say(), OK), ex(say(limit="1"), reply(items=None))],
    "conversation.issued": [ex(say(conversation_id="c"), OK), ex(say(), NO)],
    "conversation.distinct": [ex(say(), reply(conversation_id=5)), ex(say(conversation_id="c"), back("c"), seen("c"))],
    "conversation.kept": [ex(say(conversation_id="c"), back("c")), ex(say(), back("c"), knows("c"))],
    "conversation.foreign": [
        ex(say(conversation_id="c"), back("c"), knows("c")),
        ex(say(conversation_id="d"), response(500)),
        ex(say(), back("c"), seen("c")),
    ],
    "conversation.alike-ids": [
        ex(say(conversation_id="mine"), back("mine"), knows("mine")),
        ex(say(conversation_id="Mine"), back("mine"), seen("mine")),
        ex(say(conversation_id=UUID.upper()), back(UUID), knows(UUID)),
        ex(say(conversation_id="abc"), back("abc"), knows("ab")),
    ],
    "conversation.not-found": [
        ex(say(conversation_id="c"), response(404), knows("c")),
        ex(say(conversation_id="c", limit=0), response(404), knows("c")),
        ex(say(), response(404)),
        ex(say(conversation_id="unknown"), response(500)),
    ],
    "conversation.concurrent": [ex(say(), OK), ex(say(limit=0), OK, concurrent=True)],
    "http.methods": [
        ex(ask("", method="GET"), response(500)),
        ex(ask("", method="GET"), response(200)),
        ex(ask("", method="OPTIONS"), response(405)),
        ex(say(), response(405)),
    ],
    "http.methods-accepted": [ex(ask("", method="HEAD"), response(200)), ex(say(), OK)],
    "http.unknown-path": [ex(say(), response(404)), ex(ask("", method="GET", path="/no"), response(404))],
    "http.media-type": [ex(ask({"message": "a"}, headers=TEXT), response(500)), ex(say(), response(415))],
    "http.chunked": [ex(say(), OK), ex(ask({}, chunked=True), reject(["message"]))],
    "robustness.status": [ex(say(), OK), ex(say(limit=0), response(500)), ex(deep(51), OK), ex(ask({}), NO)],
    "robustness.failing": [
        ex(say(), RESET),
        ex(deep(51), response(500)),
        ex(ask({"message": "a"}, headers=()), response(500)),
    ],
    "robustness.deep": [ex(deep(50), OK), ex(deep(500), OK)],
    "robustness.beyond-i-json": [ex(ask('{"message": "a", "x": NaN}'), OK), ex(say(), OK)],
    "robustness.beyond-i-json-echoed": [ex(ask(b'"\xff"'), NO), ex(say(), OK)],
    "latitude.repeatable": [
        ex(say(limit=0), OK),
        ex(say(limit=0), response(500), SEEN_200),
        ex(say(), OK, answered(say(), 422)),
        ex(say(limit=0, conversation_id="c"), back("c"), answered(say(limit=0, conversation_id="c"), 422)),
    ],
    "credentials.missing": [ex(key("wrong"), OK), ex(say(), response(401))],
    "credentials.wrong": [ex(key("missing"), OK), ex(key("spoofed"), OK)],
    "credentials.malformed": [ex(key("wrong"), OK)],
    "credentials.spoofed": [ex(key("malformed"), OK)],
    "credentials.accepted": [ex(key("missing"), response(401)), ex(say(limit=0), response(401))],
}


@pytest.mark.parametrize(
    ("clause", "exchange"),
    [
        pytest.param(clause, exchange, id=f"{clause}-{number}")
        for clause, exchanges in NOT_EXERCISED.items()
        for number, exchange in enumerate(exchanges)
    ],
)
def test_unrelated_exchange_does_not_exercise_the_clause(
    contract: Contract, clause: str, exchange: ClauseExample
) -> None:
    judged_exchange = Exchange(exchange.request, exchange.outcome, exchange.concurrent)
    facts = examine(contract, judged_exchange, exchange.history or History())
    assert clause not in exercised_clauses(facts)


def test_only_exercised_clauses_are_violated(contract: Contract) -> None:
    for clause, (bad, _) in TABLE.items():
        for exchange in bad:
            judged_exchange = Exchange(exchange.request, exchange.outcome, exchange.concurrent)
            facts = examine(contract, judged_exchange, exchange.history or History())
            assert clause in exercised_clauses(facts)


def test_every_clause_has_violating_and_conforming_exchanges(contract: Contract) -> None:
    assert set(TABLE) == set(contract.clauses) == {rule.clause for rule in RULES}
    assert all(bad and good for bad, good in TABLE.values())


@pytest.mark.parametrize(("clause", "exchange"), cases(0))
def test_violation_has_the_data_of_its_clause_and_a_one_line_message(
    contract: Contract, clause: str, exchange: ClauseExample
) -> None:
    found = judged(contract, exchange.request, exchange.outcome, exchange.history, concurrent=exchange.concurrent)
    for violation in found:
        known = contract.clauses[violation.clause]
        assert (violation.level, violation.requirement) == (known.level, known.requirement)
        assert violation.expected
        assert isinstance(violation.pointer, tuple)
        assert violation.message.startswith(f"{violation.clause}: expected {violation.expected}")
        assert "\n" not in violation.message
        assert "ABSENT" not in violation.message


@pytest.mark.parametrize(("request_", "status"), [(say(), 200), (ask({}), 422)])
def test_violation_shows_the_first_200_characters_of_a_body_that_is_not_json(
    contract: Contract, request_: Request, status: int
) -> None:
    (violation,) = judged(contract, request_, response(status, "a" * 300))
    assert violation.observed == "not-json"
    assert violation.got == f'"{"a" * 200}"'


PERFECT = (
    ex(say(limit=10), items(*many(10))),
    ex(say(limit=0), OK),
    ex(say(limit=-1, conversation_id="c"), reject(["limit"]), knows("c", rejected=True)),
    ex(say(x=1), reject(["x"])),
    ex(say(), OK),
    ex(say(), items(*many(4))),
    ex(ask({}), detail(entry(["body", "message"], type="missing", input={}))),
    ex(say(5, limit=[]), reject(["message"], ["limit"])),
    ex(ask("{"), reject([1])),
    ex(say(conversation_id="c"), back("c"), knows("c")),
    ex(say(limit=-1), reject(["limit"])),
    ex(ask("", method="GET"), response(405, {"detail": "no"}, (*JSON, ("Allow", "POST")))),
    ex(key("missing"), response(401)),
)


@pytest.mark.parametrize("exchange", PERFECT, ids=range(len(PERFECT)))
def test_conforming_exchange_violates_no_clause(contract: Contract, exchange: ClauseExample) -> None:
    assert violated(contract, exchange.request, exchange.outcome, exchange.history) == set()


def test_rejection_of_a_field_violates_the_clause_of_that_field(contract: Contract) -> None:
    request = say("Größe", events=[EVENT | {"type": "wishlist", "timestamp": "2024-06-14T10:00:00+02:00"}])
    blamed = {
        "message": "request.text",
        "type": "request.event-type",
        "timestamp": "request.timestamp",
    }
    for field, clause in blamed.items():
        assert clause in violated(contract, request, reject(["events", 0, field]))
        assert (
            len({found for found in violated(contract, request, reject([field])) if found.startswith("request.")}) == 1
        )


@pytest.mark.parametrize("outcome", [NO, reject(["message"]), response(404)])
def test_rejection_of_a_must_accept_request_violates_one_request_clause(contract: Contract, outcome: Response) -> None:
    requests = [
        exchange.request for name, (_, good) in TABLE.items() if name.startswith("request.") for exchange in good
    ]
    for request in requests:
        found = judged(contract, request, outcome, knows("c", user="u8a7d9f6"))
        assert sum(violation.clause.startswith("request.") for violation in found) <= 1
