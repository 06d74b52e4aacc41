"""Servers whose 200 has an invalid ChatResponse or cannot be parsed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .base import Turn
from .correct import STRICT
from .fault import Group, When, always, answers, edits, wire
from .wire import TEXT
from .witness import Reply, Witness, broken, event, events, gets, replies, say, unreadable

reply = Group("reply")
Item = dict[str, Any]
NOTHING = say("湯")  # finds nothing
MANY = say(limit=10)


def ok(turn: Turn) -> bool:
    return turn.status == 200


def payload(
    name: str, about: str, shown: Witness, change: Callable[[Turn, Any], Any], when: When = always, **options: Any
) -> None:
    """Add a fault that changes the payload, in place or by the returned value."""
    reply(name, about, shown, compose=edits(change, when), **options)


def field(name: str, about: str, key: str, value: Any, when: When = always, body: Any = None, turn: int = 1) -> None:
    """Add a fault that changes a field of the reply; `...` removes it."""

    def change(_: Turn, made: Any) -> None:
        made.pop(key)
        if value is not ...:
            made[key] = value

    shown = replies(
        lambda one: one.data.get(key, ...) == value and type(one.data.get(key, ...)) is type(value), body, turn=turn
    )
    payload(name, about, shown, change, when)


def each_item(
    name: str, about: str, wrong: Callable[[Item], Any], change: Callable[[Item], Any], **options: Any
) -> None:
    """Add a fault that changes every item, in place or by the returned value."""
    shown = options.pop("shown", None)
    reply(
        name,
        about,
        replies(lambda one: any(wrong(item) for item in one.items), shown),
        search=edits(lambda turn, items: [change(item) or item for item in items]),
        **options,
    )


def last_item(
    name: str, about: str, wrong: Callable[[Item], Any], change: Callable[[Item], Any], when: When, body: Any
) -> None:
    """Add a fault that changes only the last item under a condition."""
    reply(
        name,
        about,
        replies(lambda one: any(wrong(item) for item in one.items), body),
        search=edits(lambda turn, items: [*items[:-1], *(change(item) or item for item in items[-1:])], when),
    )


def puts(**fields: Any) -> Callable[[Item], None]:
    return lambda item: item.update(fields)


def lacks(*names: str) -> Callable[[Item], None]:
    return lambda item: [item.pop(name) for name in names] and None


# -- the status

for status, about in ((201, "A turn gets 201 Created."), (202, "A turn gets 202 Accepted.")):
    reply(f"status-{status}", about, gets(status, say()), send=wire(ok, status=status))
reply(
    "created-at-first",
    "The first turn gets 201 Created.",
    gets(201, say()),
    send=wire(lambda turn: ok(turn) and not turn.text("conversation_id"), status=201),
)
reply(
    "partial-content",
    "With as many items as the limit, the status is 206 Partial Content.",
    gets(206, say(limit=2)),
    send=wire(lambda turn: ok(turn) and turn.has("limit") and len(turn.items) == turn.limit > 0, status=206),
)
reply(
    "no-content-when-empty",
    "Without items, the status is 204.",
    gets(204, NOTHING),
    send=wire(lambda turn: ok(turn) and not turn.items, status=204, body=b""),
)
reply(
    "not-found-when-empty",
    "Without items, the status is 404.",
    gets(404, NOTHING),
    compose=answers(404, lambda turn: not turn.items, b'{"detail":"No items found"}'),
)

# -- the fields

field("items-null-when-empty", "Without items, items is null.", "items", None, lambda turn: not turn.items, NOTHING)
field(
    "items-absent-when-empty",
    "Without items, the field items is missing.",
    "items",
    ...,
    lambda turn: not turn.items,
    NOTHING,
)
field(
    "items-null-for-limit-zero",
    "With limit 0, items is null.",
    "items",
    None,
    lambda turn: turn.limit == 0,
    say(limit=0),
)
field("items-absent-later", "items are only in the first reply.", "items", ..., lambda turn: turn.later, say(), 2)
field("reply-message-null", "message is null.", "message", None)
field("message-absent", "message is missing.", "message", ...)
field(
    "message-absent-when-empty",
    "Without items, message is missing.",
    "message",
    ...,
    lambda turn: not turn.items,
    NOTHING,
)
field(
    "message-null-later",
    "From the third turn on message is null.",
    "message",
    None,
    lambda turn: turn.number > 2,
    say(),
    3,
)
field("conversation-null", "conversation_id is null.", "conversation_id", None)
field("conversation-empty", "conversation_id is empty.", "conversation_id", "")
field(
    "conversation-absent-when-given",
    "In later turns conversation_id is missing.",
    "conversation_id",
    ...,
    lambda turn: turn.later,
    say(),
    2,
)
payload(
    "items-by-id",
    "items is an object that maps ids to items.",
    replies(lambda one: isinstance(one.items, dict)),
    lambda turn, made: made.update(items={item["item_id"]: item for item in made["items"]}),
)
payload(
    "items-paged",
    "items are wrapped in a page.",
    replies(lambda one: isinstance(one.items, dict)),
    lambda turn, made: made.update(items={"results": made["items"], "next": None}),
)
payload(
    "single-item-bare",
    "A single item is not in a list.",
    replies(lambda one: isinstance(one.items, dict), say(limit=1)),
    lambda turn, made: made.update(items=made["items"][0]) if len(made["items"]) == 1 else None,
)
payload(
    "items-as-text",
    "items is a string of JSON.",
    replies(lambda one: isinstance(one.items, str)),
    lambda turn, made: made.update(items=json.dumps(made["items"])),
)
payload(
    "items-called-products",
    "items are called products.",
    replies(lambda one: "items" not in one.data),
    lambda turn, made: made.update(products=made.pop("items")),
)
payload(
    "reply-message-list",
    "message is a list of paragraphs.",
    replies(lambda one: isinstance(one.data["message"], list)),
    lambda turn, made: made.update(message=[made["message"]]),
)
payload(
    "reply-message-object",
    "message has a role and a content.",
    replies(lambda one: isinstance(one.data["message"], dict)),
    lambda turn, made: made.update(message={"role": "assistant", "content": made["message"]}),
)
payload(
    "reply-conversation-number",
    "conversation_id is a number.",
    replies(lambda one: isinstance(one.id, int)),
    lambda turn, made: made.update(conversation_id=int(turn.id.replace("-", "")[:8], 16)),
    when=lambda turn: turn.id in turn.app.issued,
)
payload(
    "camel-case-reply",
    "The reply is in camel case.",
    replies(lambda one: "conversationId" in one.data),
    lambda turn, made: made.update(conversationId=made.pop("conversation_id")),
)
payload(
    "reply-in-data",
    "The reply is wrapped in data.",
    replies(lambda one: "data" in one.data),
    lambda turn, made: {"data": made},
)
payload(
    "reply-in-a-list",
    "The reply is a list of one.",
    replies(lambda one: isinstance(one.data, list)),
    lambda turn, made: [made],
)
payload(
    "error-in-200",
    "With events, an error is reported with status 200.",
    replies(lambda one: "error" in one.data, say(events=[event()])),
    lambda turn, made: {"error": "recommender unavailable"},
    when=lambda turn: turn.events,
)

# -- the items

each_item(
    "item-called-id",
    "item_id is called id.",
    lambda item: "item_id" not in item,
    lambda item: item.update(id=item.pop("item_id")),
)
each_item("item-id-empty", "item_id is empty.", lambda item: item["item_id"] == "", puts(item_id=""))
each_item(
    "item-id-number",
    "item_id is a number.",
    lambda item: isinstance(item["item_id"], int),
    lambda item: item.update(item_id=sum(map(ord, item["item_id"]))),
)
each_item("item-id-null", "item_id is null.", lambda item: item["item_id"] is None, puts(item_id=None))
each_item("items-are-ids", "items are ids.", lambda item: isinstance(item, str), lambda item: item["item_id"])
each_item(
    "items-are-pairs", "Each item is a list.", lambda item: isinstance(item, list), lambda item: list(item.values())
)
each_item(
    "item-wrapped",
    "Each item is wrapped with its score.",
    lambda item: "item" in item,
    lambda item: {"item": item, "score": 0.9},
)
each_item(
    "price-number",
    "price is a number.",
    lambda item: isinstance(item["price"], float),
    puts(price=999.99),
    style=STRICT,
)
each_item(
    "price-object",
    "price has an amount and a currency.",
    lambda item: isinstance(item["price"], dict),
    lambda item: item.update(price={"amount": item["price"], "currency": "EUR"}),
)
each_item(
    "title-list",
    "title is a list.",
    lambda item: isinstance(item["title"], list),
    lambda item: item.update(title=[item["title"]]),
)
each_item(
    "description-object",
    "description is translated into an object.",
    lambda item: isinstance(item["description"], dict),
    lambda item: item.update(description={"en": item["description"]}),
)
each_item("status-true", "status is a boolean.", lambda item: item["status"] is True, puts(status=True))
last_item(
    "sixth-item-without-id",
    "The item past the first page lacks its id.",
    lambda item: "item_id" not in item,
    lacks("item_id"),
    lambda turn: turn.limit > 5,
    MANY,
)
last_item(
    "last-price-number-of-many",
    "Among ten items, the last price is a number.",
    lambda item: isinstance(item["price"], float),
    puts(price=1.5),
    lambda turn: turn.limit >= 10,
    MANY,
)
reply(
    "null-among-items",
    "A deleted item is null among the others.",
    replies(lambda one: None in one.items),
    search=edits(lambda turn, items: [*items[:-1], None] if items else items),
)
reply(
    "null-among-many-items",
    "Among more than seven items, one is null.",
    replies(lambda one: None in one.items, MANY),
    search=edits(lambda turn, items: [*items[:-1], None] if len(items) > 7 else items),
)
last_item(
    "viewed-item-number",
    "With events, an item_id is a number.",
    lambda item: isinstance(item["item_id"], int),
    puts(item_id=5),
    lambda turn: turn.events,
    say(events=events(2)),
)

# -- the bytes


def encoded(name: str, about: str, change: Callable[[Turn, bytes], bytes], when: When = always, **shown: Any) -> None:
    reply(
        name,
        about,
        unreadable(shown.pop("body", None), **shown),
        encode=edits(change, lambda turn: ok(turn) and when(turn)),
    )


encoded(
    "reply-in-latin-1",
    "The reply is in Latin-1.",
    lambda turn, made: made.decode().encode("latin-1", "replace"),
    body=say("Une idée"),
)
encoded("reply-in-utf-16", "The reply is in UTF-16.", lambda turn, made: made.decode().encode("utf-16"))
encoded("reply-as-python", "The reply is the repr of a dictionary.", lambda turn, made: repr(turn.payload).encode())
encoded("reply-with-nan", "A missing score is NaN.", lambda turn, made: made[:-1] + b', "score": NaN}')
encoded("reply-with-trailing-comma", "The reply has a trailing comma.", lambda turn, made: made[:-1] + b",}")
encoded("reply-with-a-tail", "A debug print follows the reply.", lambda turn, made: made + b"\n<!-- 12 ms -->")
encoded("reply-with-bom", "A BOM precedes the reply.", lambda turn, made: b"\xef\xbb\xbf" + made)
encoded("reply-guarded", "A prefix against script inclusion precedes the reply.", lambda turn, made: b")]}',\n" + made)
encoded(
    "reply-empty-when-many",
    "With more than seven items the reply is empty.",
    lambda turn, made: b"",
    lambda turn: len(turn.items) > 7,
    body=MANY,
)


def by_hand(turn: Turn, made: bytes) -> bytes:
    """Insert the message into the JSON unescaped."""
    escaped = json.dumps(turn.payload["message"], ensure_ascii=False)
    said = str(turn.get("message"))[:60]
    plain = '"' + turn.payload["message"].replace(f'"{said}"', f"({said})") + '"'
    return made.replace(escaped.encode("utf-8", "replace"), plain.encode("utf-8", "replace"), 1)


encoded("reply-by-hand", "The message is inserted into a JSON template unescaped.", by_hand, body=say('A 24" desk'))


def in_bytes(turn: Turn, made: bytes) -> bytes:
    return (
        json.dumps({**turn.payload, "message": "@@"}, ensure_ascii=False)
        .encode()
        .replace(b"@@", turn.text("message").encode("utf-8", "replace")[:41].replace(b"\\", b"").replace(b'"', b""))
    )


encoded(
    "cut-inside-a-character",
    "The message is cut at 41 bytes, possibly inside a character.",
    in_bytes,
    lambda turn: turn.text("message").isprintable() and len(turn.text("message").encode("utf-8", "replace")) > 41,
    body=say("é" * 41),
)
reply(
    "reply-encoded-twice",
    "The reply is JSON in a JSON string.",
    replies(lambda one: isinstance(one.data, str)),
    encode=edits(lambda turn, made: json.dumps(made.decode()).encode(), ok),
)


def typed(name: str, about: str, media: dict[str, str], when: When = always, body: Any = None) -> None:
    reply(
        name,
        about,
        replies(lambda one: (one.headers or {}).get("content-type") == media.get("Content-Type"), body),
        send=wire(lambda turn: ok(turn) and when(turn), headers=media),
    )


typed("reply-as-html", "The reply has the media type of HTML.", {"Content-Type": "text/html; charset=utf-8"})
typed("reply-as-text", "The reply has the media type of plain text.", TEXT)
typed("reply-without-type", "The reply has no media type.", {})
typed(
    "reply-as-bytes",
    "With ten items the media type is application/octet-stream.",
    {"Content-Type": "application/octet-stream"},
    lambda turn: len(turn.items) > 9,
    MANY,
)
reply(
    "says-gzip",
    "Content-Encoding says gzip, the body does not.",
    replies(lambda one: "content-encoding" in one.headers),
    send=wire(ok, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"}),
)


def lengths(change: Callable[[bytes], int], when: When = ok) -> Any:
    def hook(usual: Any, turn: Turn) -> Any:
        answer = usual(turn)
        if when(turn):
            answer.length = change(answer.body)
        return answer

    return hook


reply(
    "length-in-characters",
    "Content-Length counts characters, not bytes.",
    broken("too long", say("Une idée")),
    send=lengths(lambda body: len(body.decode())),
)
reply(
    "length-too-long",
    "Content-Length counts a line break that is not sent.",
    broken("truncated", say()),
    send=lengths(lambda body: len(body) + 2),
)
reply(
    "truncated-when-many",
    "A reply of more than a kilobyte is truncated.",
    broken("truncated", MANY),
    send=wire(lambda turn: ok(turn) and len(turn.items) > 7, cut=1024),
)
reply(
    "chunks-unfinished",
    "A chunked reply lacks its last chunk.",
    broken("truncated", say()),
    send=wire(ok, chunked=True, cut=10_000),
)

# -- common sense


def blank(made: Reply) -> bool:
    return not made.data["message"].strip()


def twice(made: Reply) -> bool:
    return len({item["item_id"] for item in made.items}) < len(made.items)


reply.should(
    "message-blank", "message is empty.", replies(blank), compose=edits(lambda turn, made: made.update(message=""))
)
reply.should(
    "message-blank-when-empty",
    "Without items, message is blank.",
    replies(blank, NOTHING),
    compose=edits(lambda turn, made: made.update(message=" "), lambda turn: not turn.items),
)
reply.should(
    "items-doubled",
    "The first item is in the list twice.",
    replies(twice, say(limit=3)),
    search=edits(lambda turn, items: [*items[:-1], items[0]] if len(items) > 1 else items),
)
reply.should(
    "items-doubled-in-ten",
    "With more than nine items, the first one is in the list twice.",
    replies(twice, MANY),
    search=edits(lambda turn, items: [*items[:-1], items[0]] if len(items) > 9 else items),
)
reply.should(
    "item-twice-with-another-price",
    "One item is in the list twice, with two prices.",
    replies(twice, say(limit=3)),
    search=edits(lambda turn, items: [*items[:-1], items[0] | {"price": "1.00"}] if len(items) > 1 else items),
)


def price(name: str, about: str, written: str) -> None:
    reply.should(
        name,
        about,
        replies(lambda one: any(item["price"] == written for item in one.items)),
        search=edits(lambda turn, items: [{**item, "price": written} for item in items]),
    )


price("price-with-dollar", "price has a currency sign.", "$999.99")
price("price-with-comma", "price has a decimal comma.", "999,99")
price("price-with-thousands", "price has a thousands separator.", "1,999.99")
price("price-in-words", "price is a word.", "on request")
price("price-with-code", "price ends in a currency.", "999.99 EUR")
for name in ("title", "status", "description", "price"):
    reply.should(
        f"item-without-{name}",
        f"Items have no {name}.",
        replies(lambda one, name=name: any(name not in item for item in one.items)),
        search=edits(lambda turn, items, name=name: [lacks(name)(item) or item for item in items]),
    )
