"""Generates exchanges, about half of them conforming; the same seed gives the same exchanges."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from chat_contract.exchange import Breakdown, Headers, Request, Response
from testbed.quality.independent import EVENT_FIELDS, FIELDS, GeneratedExchange, IndependentJudge, Place

ISSUED = {"issued-1": "u8a7d9f6", "issued-2": "someone"}
SEEN = frozenset({*ISSUED, "seen-1"})

TIMESTAMPS = (
    *("2024-06-14T10:00:00Z", "2024-02-29T12:00:00.5+05:30", "9999-12-31T23:59:59-01:00", "1000-01-01T00:00:00+14:00"),
    *("2023-02-29T12:00:00Z", "2024-06-14t10:00:00z", "2024-06-14", "2024-06-14T10:00:00", "2016-12-31T23:59:60Z"),
    *("9998-12-31T23:59:59-12:00", "1600-01-01T00:00:00Z", "1582-10-10T00:00:00Z", "2024-06-14T10:00:00-12:01"),
    *("0999-01-01T00:00:00Z", "2024-06-14T10:00:00.1234567Z", "2024-06-14T25:00:00Z", "2024-06-14T10:00:00+14:01"),
    *("2024-06-14T10:00:00Z\n", "yesterday", "", "1718359200", "2024-06-31T10:00:00Z"),
)
IDS = (
    "issued-1",
    "issued-2",
    "seen-1",
    "c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f",
    "ISSUED-1",
    "Issued-1",
    "issued-1 ",
    " issued-2",
    "Seen-1",
    "u8a7d9f6",
    "someone",
    "é",
    "",
    "",
)
TEXTS = (
    "A desk, please",
    "x",
    " ",
    "\u200b",
    "",
    'It\'s "oak"',
    "élan 日本 🎁",
    "tab\tbed",
    "\x7f",
    "a" * 100,
    "a" * 101,
    "a" * 1001,
)
LIMITS = (
    0,
    1,
    2,
    4,
    5,
    10,
    11,
    -1,
    2**31 - 1,
    2**31,
    2**64,
    5.0,
    2.5,
    1e3,
    "5",
    " 5 ",
    "5.0",
    "1e0",
    "+5",
    "abc",
    "5a",
    "",
    True,
)
VALUES = (None, True, False, 0, 5, -1, 2.5, 3.0, "5", "", [], {}, [1], ["x"], {"a": 1}, [None], [{}])
UNKNOWN = ("colour", "Message", "LIMIT", "Type", "__proto__", "constructor", "loc", "", "a\0")
MALFORMED = (b"", b"{", b'{"message": "hi"', b'{"message": "hi" "limit": 2}', b"hello", b"message=hi", b"[1}", b" ")
LENIENT = (
    *(
        b'{"message": "hi",}',
        b"{'message': 'hi'}",
        b'{message: "hi"}',
        b'{"message": "hi"} // ho',
        b'{"message": "hi"}{}',
    ),
    *(b'{"message": "h\ni"}', b'{"message": "\\x41"}', b'{"message": "hi", "limit": 04}'),
)
BEYOND = (
    b'{"message": "\xff"}',
    b'\xef\xbb\xbf{"message": "hi"}',
    '{"message": "hi"}'.encode("utf-16"),
    b'{"message": "hi", "limit": NaN}',
    b'{"message": "hi", "limit": 1e400}',
    b'{"message": "hi", "limit": ' + b"9" * 301 + b"}",
    b'{"message": "\\ud800"}',
    b'{"message": "hi", "user_id": "\\udfff"}',
    b'{"message": "hi", "x": "\\uffff"}',
    b'{"message": "hi", "message": "ho"}',
    b'{"message": "hi", "limit": 12, "limit": 0}',
    b'{"message": "hi", "x": ' + b"[" * 600 + b"]" * 600 + b"}",
)
MEDIA_TYPES = ("application/json; charset=utf-8", "text/plain", "application/vnd.chat+json", None)
STATUSES = (201, 204, 302, 307, 308, 400, 401, 403, 404, 404, 405, 409, 413, 413, 415, 415, 500, 502, 503)
JSON_TYPES = ("application/json; charset=utf-8", "Application/JSON", "application/problem+json")
OTHER_TYPES = ("text/html", "text/json", "application/jsonp", "")
ITEM = {"item_id": "ST678VG", "title": "Desk", "status": "active", "description": "A desk.", "price": "999.99"}


class Generator:
    """Derives requests from examples, and responses from requests."""

    def __init__(self, seed: int, examples: list[dict[str, Any]], judge: IndependentJudge) -> None:
        self.random = Random(seed)
        self.examples = examples
        self.judge = judge

    def exchanges(self, count: int) -> Iterator[GeneratedExchange]:
        for _ in range(count):
            nature, value, raw = self.body()
            media_type = self.random.choice(MEDIA_TYPES) if self.chance(0.1) else "application/json"
            headers: Headers = () if media_type is None else (("Content-Type", media_type),)
            label, outcome = self.outcome(value)
            if media_type != "application/json" and self.chance(0.2):
                label, outcome = "unsupported media type", self.response(415, {"detail": "no"})
            yield GeneratedExchange(Request("POST", "/chat", headers, raw), outcome, nature, value, label)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def any_value(self) -> Any:
        """Return a new value of a random type."""
        return copy.deepcopy(self.random.choice(VALUES))

    # -- requests

    def body(self) -> tuple[str, Any, bytes]:
        """Return the nature of a body, its value and its bytes."""
        draw = self.random.random()
        if draw < 0.04:
            return "malformed", None, self.random.choice(MALFORMED)
        if draw < 0.06:
            return "lenient", None, self.random.choice(LENIENT)
        if draw < 0.09:
            return "beyond", None, self.random.choice(BEYOND)
        if draw < 0.12:
            value: Any = self.random.choice((self.any_value(), [self.examples[0]], "x" * 70_000))
        else:
            value = self.request()
            for _ in range(self.random.choice((0, 0, 0, 0, 1, 1, 1, 2, 3))):
                self.mutate(value)
        return "json", value, json.dumps(value, ensure_ascii=self.chance(0.5)).encode()

    def request(self) -> dict[str, Any]:
        value = copy.deepcopy(self.random.choice(self.examples))
        if self.chance(0.8):
            value.pop("conversation_id", None)
        if self.chance(0.2):
            value["conversation_id"], value["user_id"] = self.random.choice(list(ISSUED.items()))
        if self.chance(0.3):
            value["limit"] = self.random.randint(1, 10)
        return value

    def mutate(self, value: dict[str, Any]) -> None:
        """Change one field at the top level or in an event."""
        events = value.get("events")
        if isinstance(events, list) and events and self.chance(0.5):
            index = self.random.randrange(len(events))
            if self.chance(0.15) or not isinstance(events[index], dict):
                events[index] = self.any_value()
                return
            self.change(events[index], sorted(EVENT_FIELDS))
        else:
            self.change(value, sorted(FIELDS))

    def change(self, holder: dict[str, Any], names: list[str]) -> None:
        name = self.random.choice(names)
        draw = self.random.random()
        if draw < 0.2:
            holder.pop(name, None)
        elif draw < 0.3:
            holder[self.random.choice(UNKNOWN)] = self.any_value()
        elif draw < 0.55:
            holder[name] = self.any_value()
        elif name == "events":
            count = self.random.choice((0, 1, 2, 20, 21))
            holder[name] = [{"timestamp": TIMESTAMPS[0], "type": "click"} for _ in range(count)]
        else:
            pool = {"limit": LIMITS, "timestamp": TIMESTAMPS, "conversation_id": IDS, "user_id": (*IDS, *TEXTS)}
            holder[name] = self.random.choice(pool.get(name, TEXTS))

    # -- responses

    def outcome(self, value: Any) -> tuple[str, Response | Breakdown]:
        draw = self.random.random()
        if draw < 0.03:
            return "breakdown", Breakdown(self.random.choice(("reset", "truncated", "silence", "garbled")))
        if draw < 0.13:
            return "another status", self.response(self.random.choice(STATUSES), {"detail": "no"})
        if draw < 0.58:
            return self.rejection(value)
        return self.reply(value)

    def response(self, status: int, body: Any) -> Response:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=self.chance(0.5)).encode()
        media_type = "application/json"
        if self.chance(0.08):
            media_type = self.random.choice(JSON_TYPES)
        elif self.chance(0.04):
            media_type = self.random.choice(OTHER_TYPES)
        headers: Headers = (("Content-Type", media_type),) if media_type else ()
        if self.chance(0.5):
            headers = (*headers, ("Content-Length", str(len(raw) + (1 if self.chance(0.04) else 0))))
        return Response(status, headers, raw)

    def reply(self, value: Any) -> tuple[str, Response]:
        sent = value if isinstance(value, dict) else {}
        limit = sent.get("limit", 4)
        most = min(limit, 12) if type(limit) is int and limit >= 0 else 4
        count = most + 1 if self.chance(0.08) else self.random.randint(0, most)
        given = sent.get("conversation_id")
        conversation = (
            given if isinstance(given, str) and not self.chance(0.1) else self.random.choice(("new", "seen-1"))
        )
        if isinstance(given, str) and self.chance(0.2):
            conversation = given.strip().lower()
        if "conversation_id" not in sent and self.chance(0.9):
            conversation = "new"
        reply: Any = {"conversation_id": conversation, "message": "Here.", "items": [dict(ITEM) for _ in range(count)]}
        if self.chance(0.5):
            return "a reply", self.response(200, reply)
        label, reply = self.changed_reply(reply)
        return label, self.response(200, reply)

    def changed_reply(self, reply: dict[str, Any]) -> tuple[str, Any]:
        """Return the reply with a change that may or may not violate a clause."""
        draw = self.random.randrange(9)
        if draw == 0:
            return "a reply of another type", self.random.choice((self.any_value(), [reply]))
        if draw == 1:
            del reply[self.random.choice(sorted(reply))]
            return "a reply without a field", reply
        if draw == 2:
            reply[self.random.choice(sorted(reply))] = self.any_value()
            return "a reply with another value", reply
        if draw == 3:
            reply["more"] = self.any_value()
            return "a reply with another field", reply
        if draw == 4:
            raw = json.dumps(reply).encode()
            cut = (
                raw[:-1],
                b"\xef\xbb\xbf" + raw,
                raw + b"}",
                raw.replace(b"Here.", b"\xff"),
                raw.replace(b'"Here."', b"NaN"),
            )
            return "a reply in malformed bytes", self.random.choice((*cut, b"", json.dumps(reply).encode("utf-16")))
        if not reply["items"]:
            return "a reply", reply
        item = self.random.choice(reply["items"])
        name = self.random.choice(sorted(item))
        if draw == 5:
            del item[name]
            return "an item without a field", reply
        if draw == 6:
            reply["items"][0] = self.any_value()
            return "an item of another type", reply
        item[name if draw == 7 else "metadata"] = self.any_value()
        return "an item with another value", reply

    def rejection(self, value: Any) -> tuple[str, Response]:
        places = list(self.judge.places(value)) or [("message",)]
        label, locs = "a rejection", [self.written(place) for place in self.random.sample(places, min(len(places), 2))]
        if self.chance(0.25):
            label, wrong = "a rejection with another loc", self.wrong_loc()
            locs = [*locs, wrong] if self.chance(0.3) else [wrong]
        entries: list[Any] = [{"loc": loc, "msg": "Input should be right", "type": "wrong", "input": 1} for loc in locs]
        body: Any = {"detail": entries}
        if self.chance(0.2):
            label, body = self.changed_rejection(body)
        return label, self.response(422, body)

    def written(self, place: Place) -> list[str | int]:
        """Return a loc in the style of one of several frameworks."""
        loc: list[str | int] = ["body", *place]
        draw = self.random.random()
        if draw < 0.1:
            return loc[1:]
        if draw < 0.2:
            return [str(step) for step in loc]
        if draw < 0.3:
            return ["body", "payload", *place]
        if draw < 0.4:
            return [*loc, self.random.choice(("int", "str", 0))]
        return loc

    def wrong_loc(self) -> list[str | int]:
        events: list[str | int] = ["body", "events", self.random.choice((0, 1, 7))]
        return self.random.choice(
            (
                *([], ["body"], ["query", "limit"], ["body", "nothing"], ["body", 0], events[:2], events),
                *(["body", name] for name in sorted(FIELDS)),
                *([*events, name] for name in sorted(EVENT_FIELDS)),
            )
        )

    def changed_rejection(self, body: dict[str, Any]) -> tuple[str, Any]:
        draw = self.random.randrange(6)
        entry = body["detail"][0]
        if draw == 0:
            return "a rejection of another type", self.random.choice((self.any_value(), body["detail"], b"", b"no"))
        if draw == 1:
            return "a rejection without detail", self.random.choice(
                ({}, {"error": 1}, {"detail": []}, {"detail": "no"})
            )
        if draw == 2:
            del entry[self.random.choice(sorted(entry))]
            return "an entry without a field", body
        if draw == 3:
            entry[self.random.choice(("msg", "type", "ctx", "input", "more"))] = self.any_value()
            return "an entry with another value", body
        if draw == 4:
            entry["loc"] = self.random.choice(
                ("body", None, {}, ["body", None], ["body", True], [["body"]], ["body", 1.5])
            )
            return "an entry with a malformed loc", body
        body["detail"] = [self.any_value(), *body["detail"]]
        return "a detail with an entry of another type", body
