"""Servers with a correct chat and wrong HTTP behaviour."""

from __future__ import annotations

from typing import Any

from .base import Turn, is_json
from .fault import Group, When
from .wire import TEXT, Answer
from .witness import Client, Witness, say

http = Group("http")
GREETING = b'{"conversation_id":"c0","message":"Hello","items":[]}'


def method(name: str, about: str, verb: str, answer: Answer) -> None:
    http.should(
        name,
        about,
        lambda client: client.send(b"", method=verb).status == answer.status,
        route=lambda usual, turn: Answer(**vars(answer)) if turn.request.method == verb else usual(turn),
    )


method("get-greets", "GET gets a 200 with a greeting.", "GET", Answer(200, GREETING))
method("get-is-400", "GET gets 400.", "GET", Answer(400, b'{"detail":"Bad Request"}'))
method("get-crashes", "GET crashes, since there is no body.", "GET", Answer(500, b"Internal Server Error", dict(TEXT)))
method("put-crashes", "PUT is routed to a view that does not exist.", "PUT", Answer(500, b"Oops", dict(TEXT)))
method("put-greets", "PUT does what POST does.", "PUT", Answer(200, GREETING))
method("patch-is-503", "PATCH is sent to a service that is down.", "PATCH", Answer(503, b'{"detail":"Unavailable"}'))
method("delete-is-204", "DELETE gets 204 and deletes nothing.", "DELETE", Answer(204, headers={}))
method("options-crash", "OPTIONS crashes in a CORS filter.", "OPTIONS", Answer(500, b"Oops", dict(TEXT)))
method("head-crashes", "HEAD crashes.", "HEAD", Answer(500, b"", dict(TEXT)))
http.should(
    "no-allow",
    "A 405 has no Allow header.",
    lambda client: "allow" not in (client.send(b"", method="GET").headers or {}),
    route=lambda usual, turn: strip_allow(usual(turn)),
)


def strip_allow(answer: Answer | None) -> Answer | None:
    return Answer(405, answer.body) if answer and answer.status == 405 else answer


def elsewhere(answer: Answer) -> Any:
    return lambda usual, turn: (
        Answer(**vars(answer)) if turn.request.path.rstrip("/").rsplit("/", 1)[-1] != "chat" else usual(turn)
    )


def found(status: int) -> Witness:
    return lambda client: client.send(say(), path="/chatter").status == status


http.should(
    "unknown-path-is-200",
    "An unknown path gets 200 with the page of a single-page application.",
    found(200),
    route=elsewhere(Answer(200, b"<!doctype html><title>Shop</title>", {"Content-Type": "text/html"})),
)
http.should("unknown-path-crashes", "An unknown path crashes.", found(500), route=elsewhere(Answer(500, b"Oops", TEXT)))
http.should(
    "unknown-path-is-400", "An unknown path gets 400.", found(400), route=elsewhere(Answer(400, b'{"detail":"?"}'))
)
http.should(
    "any-path-chats",
    "Every path below the version is the operation.",
    lambda client: client.send(say(), path="/chatter").status == 200,
    route=lambda usual, turn: None if turn.request.method == "POST" else usual(turn),
)
http.should(
    "chunked-is-411",
    "A chunked body gets 411.",
    lambda client: client.send(say(), chunked=True).status == 411,
    accept=lambda usual, turn: Answer(411, b'{"detail":"Length Required"}') if turn.request.chunked else usual(turn),
)
http.should(
    "chunked-is-empty",
    "A chunked body is treated as an empty one.",
    lambda client: client.send(say(), chunked=True).status == 422,
    parse=lambda usual, turn: emptied(usual, turn),
)


def emptied(usual: Any, turn: Turn) -> Any:
    turn.raw = b"" if turn.request.chunked else turn.raw
    return usual(turn)


# -- media types


def media(name: str, about: str, headers: dict[str, str], when: When) -> None:
    http(
        name,
        about,
        lambda client: client.send(say(), headers).status == 500,
        accept=lambda usual, turn: Answer(500, b"Internal Server Error", TEXT) if when(turn) else usual(turn),
    )


def of(turn: Turn) -> str:
    return turn.request.header("Content-Type")


media(
    "foreign-media-type-crashes",
    "An unsupported media type crashes.",
    {"Content-Type": "text/plain"},
    lambda turn: of(turn) and not is_json(turn),
)
media(
    "missing-media-type-crashes",
    "A missing media type crashes: None has no split.",
    {"Content-Type": ""},
    lambda turn: not of(turn),
)
media(
    "charset-crashes",
    "A parameter of the media type crashes.",
    {"Content-Type": "application/json; charset=utf-8"},
    lambda turn: ";" in of(turn),
)
media(
    "unknown-charset-crashes",
    "An unknown charset crashes: LookupError.",
    {"Content-Type": "application/json; charset=klingon"},
    lambda turn: "charset=" in of(turn) and "utf-8" not in of(turn).lower(),
)
media(
    "form-crashes",
    "A form crashes.",
    {"Content-Type": "application/x-www-form-urlencoded"},
    lambda turn: "form" in of(turn),
)


# -- connections


def left_lying(client: Client) -> bool:
    first = client.message(say(), {"Content-Type": "text/plain"}, "POST", "/chat", chunked=False, key=True, end=False)
    second = client.message(say(), None, "POST", "/chat", chunked=False, key=True)
    return client.exchange([first, second]).status == 400


def undrained(usual: Any, turn: Turn) -> Any:
    answer = usual(turn)
    answer.undrained = not is_json(turn)
    return answer


http(
    "body-left-on-connection",
    "An unsupported media type is rejected before its body is read: the next request on the connection gets 400.",
    left_lying,
    send=undrained,
)
