"""A small correct implementation of POST {prefix}/chat with hooks, in several styles.

`Chat` responds to one `Turn` after another by calling its hooks in the order of `HOOKS`; a fault replaces some of them.
It is written from the contract alone and shares no code with the kit.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .shop import ITEMS, WORDY_EXTRAS
from .wire import JSON, TEXT, Answer, Request

PREFIX = "/v1"
KEY = "sk-live-Qm7xT2vB9kLw4ZrN"
TEXTS = ("conversation_id", "session_id", "user_id")
EVENT_TEXTS = ("type", "item_id", "description")

HOOKS = (
    "respond", "route", "authorize", "accept", "parse", "validate", "detail", "identify", "limit", "search", "compose",
    "remember", "encode", "send",
)  # fmt: skip

TYPE_ERRORS = frozenset(
    {"string_type", "list_type", "model_attributes_type", "int_parsing", "datetime_from_date_parsing"}
)
"""The faults at which a decoder into typed fields stops."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LAX_INTEGER = re.compile(r"[+-]?[0-9]+(_[0-9]+)*(\.0*)?")
STAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+](0[0-9]|1[0-4]):[0-5][0-9]|-(0[0-9]|1[0-2]):[0-5][0-9])"
)
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True)
class Style:
    """How one correct implementation treats what the contract leaves unspecified."""

    name: str
    about: str
    spotless: bool = False  # violates not even a SHOULD clause
    nulls: bool = True
    numbers: str = "lax"  # "lax" as pydantic reads them, "strict" JSON integers, "loose" with "" and "1e0" too
    timestamps: str = "any"  # "any" string, "iso" dates, "rfc3339", "loose" with numbers too
    unknown: bool = True
    tight: bool = False  # rejects everything outside must-accept
    foreign: str = "keep"  # an unknown conversation id: "keep", "replace", "refuse", "missing" (404)
    naming: str = "all"  # which faults a 422 names: "all", the "first", or "hybrid": the first wrong type, else all
    malformed: int = 422
    media: str = "json"  # "json" types only, "any", "415"
    wire: str = "plain"  # "plain", "chunked", "close"
    shelf: int = 14
    wordy: bool = False
    rate: int = 0  # one of this many requests gets a 429
    max_body: int = 0
    keyed: bool = False


@dataclass(frozen=True)
class Problem:
    loc: tuple[Any, ...]
    type: str = "value_error"
    msg: str = "Value error, this value is not allowed"
    input: Any = None

    def entry(self) -> dict[str, Any]:
        entry = {"type": self.type, "loc": list(self.loc), "msg": self.msg, "input": self.input}
        try:
            echoes = len(json.dumps(self.input, allow_nan=False)) <= 1000
        except (ValueError, TypeError, RecursionError):
            echoes = False
        return entry if echoes else {name: entry[name] for name in ("type", "loc", "msg")}


class Malformed(Exception):
    """The body is missing or not JSON."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.msg)
        self.problem = problem


class Done(Exception):
    """A response that ends the processing of the turn."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass
class Conversation:
    """The state of one conversation."""

    id: str
    turns: int = 0
    messages: list[str] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)


class Turn:
    """One request and its results while it passes the hooks."""

    def __init__(self, app: Chat, request: Request) -> None:
        self.app = app
        self.request = request
        self.raw = request.body
        self.body: Any = None
        self.problems: list[Problem] = []
        self.id = ""
        self.limit: int = 4
        self.items: list[dict[str, Any]] = []
        self.status = 200
        self.payload: Any = None
        self.marked = False  # a fault's condition held when the request was validated

    def get(self, name: str) -> Any:
        return self.body.get(name) if isinstance(self.body, dict) else None

    def text(self, name: str) -> str:
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def has(self, *names: str) -> bool:
        return isinstance(self.body, dict) and all(name in self.body for name in names)

    @property
    def events(self) -> list[dict[str, Any]]:
        events = self.get("events")
        return [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []

    def each(self, name: str) -> list[str]:
        """Return the strings of one field in all events."""
        return [event[name] for event in self.events if isinstance(event.get(name), str)]

    @property
    def conversation(self) -> Conversation | None:
        return self.app.conversations.get(self.text("conversation_id"))

    @property
    def number(self) -> int:
        """The number of the turn in its conversation, from 1."""
        return self.conversation.turns + 1 if self.conversation else 1

    @property
    def later(self) -> bool:
        return self.number > 1


Hook = Callable[[Callable[[Turn], Any], Turn], Any]


class Chat:
    """The correct implementation in one style, with some hooks replaced by a fault's."""

    def __init__(
        self,
        style: Style,
        hooks: dict[str, Hook] | None = None,
        *,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.style = style
        self.new_id = new_id
        self.conversations: dict[str, Conversation] = {}
        self.issued: list[str] = []
        self.counts: Counter[str] = Counter()
        self.memory: dict[str, Any] = {}
        self.lock = threading.RLock()
        for name, hook in (hooks or {}).items():
            assert name in HOOKS, name
            setattr(self, name, planted(hook, getattr(self, name)))

    def __call__(self, request: Request) -> Answer:
        turn = Turn(self, request)
        try:
            return self.respond(turn)
        except Done as done:
            return done.answer
        except Exception:  # noqa: BLE001 - the last line of every web framework
            return Answer(500, b"Internal Server Error", dict(TEXT))

    def count(self, what: str) -> int:
        with self.lock:
            self.counts[what] += 1
            return self.counts[what]

    # -- hooks, in order

    def respond(self, turn: Turn) -> Answer:
        for gate in (self.route, self.authorize, self.accept):
            if answer := gate(turn):
                return answer
        try:
            turn.body = self.parse(turn)
            turn.problems = named(self.style, self.validate(turn))
        except Malformed as malformed:
            if self.style.malformed != 422 and malformed.problem.type == "json_invalid":
                return Answer(self.style.malformed, b'{"detail":"There was an error parsing the body"}')
            turn.problems = [malformed.problem]
        if turn.problems:
            turn.status = 422
            turn.payload = {"detail": self.detail(turn)}
            return self.send(turn)
        turn.id = self.identify(turn)
        turn.limit = self.limit(turn)
        turn.items = self.search(turn)
        turn.payload = self.compose(turn)
        self.remember(turn)
        return self.send(turn)

    def route(self, turn: Turn) -> Answer | None:
        if turn.request.path != f"{PREFIX}/chat":
            return Answer(404, b'{"detail":"Not Found"}')
        if turn.request.method != "POST":
            return Answer(405, b'{"detail":"Method Not Allowed"}', {**JSON, "Allow": "POST"})
        return None

    def authorize(self, turn: Turn) -> Answer | None:
        headers = turn.request.header
        scheme, _, token = headers("Authorization").partition(" ")
        if not self.style.keyed or (scheme.lower() == "bearer" and token == KEY) or headers("X-API-Key") == KEY:
            return None
        return Answer(401, b'{"detail":"Not authenticated"}', {**JSON, "WWW-Authenticate": "Bearer"})

    def accept(self, turn: Turn) -> Answer | None:
        if self.style.rate and self.count("requests") % self.style.rate == 0:
            return Answer(429, b'{"detail":"Too Many Requests"}', {**JSON, "Retry-After": "1"})
        if self.style.max_body and len(turn.raw) > self.style.max_body:
            return Answer(413, b'{"detail":"Request Entity Too Large"}')
        if self.style.media == "415" and not is_json(turn):
            return Answer(415, b'{"detail":"Unsupported Media Type"}')
        return None

    def parse(self, turn: Turn) -> Any:
        if not turn.raw:
            raise Malformed(Problem(("body",), "missing", "Field required"))
        if self.style.media == "json" and not is_json(turn):
            raise Malformed(dictionary(turn.raw.decode("utf-8", "replace")))
        try:
            return json.loads(turn.raw)
        except (ValueError, RecursionError) as error:
            at = error.pos if isinstance(error, json.JSONDecodeError) else 0
            raise Malformed(Problem(("body", at), "json_invalid", "JSON decode error", {})) from None

    def validate(self, turn: Turn) -> list[Problem]:
        return list(faults_of(self, turn.body))

    def detail(self, turn: Turn) -> list[dict[str, Any]]:
        return [problem.entry() for problem in turn.problems]

    def identify(self, turn: Turn) -> str:
        given = turn.text("conversation_id")
        if given in self.conversations or (given and self.style.foreign == "keep"):
            return given
        if given and self.style.foreign == "missing":
            raise Done(Answer(404, b'{"detail":"Conversation not found"}'))
        return self.issue()

    def limit(self, turn: Turn) -> int:
        return whole(turn.get("limit"))

    def search(self, turn: Turn) -> list[dict[str, Any]]:
        """Return the matching items; none for a message without Latin letters."""
        words = str(turn.get("message"))
        if not re.search("[A-Za-z]", words):
            return []
        start = zlib.crc32(words.encode("utf-8", "replace")) % len(ITEMS)
        found = (ITEMS + ITEMS)[start : start + max(0, min(turn.limit, self.style.shelf))]
        return [{**item, **WORDY_EXTRAS} for item in found] if self.style.wordy else [dict(item) for item in found]

    def compose(self, turn: Turn) -> Any:
        words = str(turn.get("message"))[:60]
        message = f'Here is what fits "{words}".' if turn.items else f'Nothing fits "{words}", sorry. Tell me more?'
        reply = {"conversation_id": turn.id, "message": message, "items": turn.items}
        return {**reply, "suggestions": ["cheaper", "bigger"], "trace": None} if self.style.wordy else reply

    def remember(self, turn: Turn) -> None:
        with self.lock:
            conversation = self.conversations.setdefault(turn.id, Conversation(turn.id))
        conversation.turns += 1
        conversation.messages.append(str(turn.get("message")))

    def encode(self, turn: Turn) -> bytes:
        try:
            return json.dumps(turn.payload, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # the message has a lone surrogate, which must be escaped
            return json.dumps(turn.payload).encode()

    def send(self, turn: Turn) -> Answer:
        wire = self.style.wire
        return Answer(turn.status, self.encode(turn), chunked=wire == "chunked", close=wire == "close")

    # -- helpers

    def issue(self) -> str:
        """Return the id of a new conversation."""
        new = str(self.new_id())
        with self.lock:
            self.issued.append(new)
            self.conversations[new] = Conversation(new)
        return new


def planted(hook: Hook, usual: Callable[[Turn], Any]) -> Callable[[Turn], Any]:
    return lambda turn: hook(usual, turn)


def named(style: Style, problems: list[Problem]) -> list[Problem]:
    """Return the faults that a 422 of this style names."""
    wrong_types = [problem for problem in problems if problem.type in TYPE_ERRORS]
    if style.naming == "hybrid" and wrong_types:
        return wrong_types[:1]
    return problems[:1] if style.naming == "first" else problems


def is_json(turn: Turn) -> bool:
    media = turn.request.header("Content-Type").split(";")[0].strip().lower()
    return media == "application/json" or (media.startswith("application/") and media.endswith("+json"))


def dictionary(value: Any, *loc: Any) -> Problem:
    return Problem(("body", *loc), "model_attributes_type", "Input should be a valid dictionary or object", value)


def whole(value: Any) -> int:
    """Return the integer value of a limit that passed validation."""
    if isinstance(value, str):
        plain = value.strip().replace("_", "")
        try:
            return int(float(plain)) if plain else 4
        except (ValueError, OverflowError):
            return 4
    return int(value) if isinstance(value, int | float) else 4


def faults_of(app: Chat, body: Any) -> Iterator[Problem]:
    """Return everything that is wrong with a parsed body in this style, in the order of the fields."""
    style = app.style
    if not isinstance(body, dict):
        yield dictionary(body)
        return
    yield from text_faults(style, body, ("body",), "message", required=True)
    for name in TEXTS:
        yield from text_faults(style, body, ("body",), name)
    given = body.get("conversation_id")
    if style.foreign == "refuse" and isinstance(given, str) and given not in app.conversations:
        yield Problem(("body", "conversation_id"), "value_error", "Value error, no such conversation", given)
    yield from event_faults(style, body)
    if "limit" in body and not limit_fits(style, body["limit"]):
        yield Problem(("body", "limit"), "int_parsing", "Input should be a valid integer", body["limit"])
    if not style.unknown or style.tight:
        known = ("message", *TEXTS, "events", "limit")
        yield from (extra(("body", name), value) for name, value in body.items() if name not in known)


def extra(loc: tuple[Any, ...], value: Any) -> Problem:
    return Problem(loc, "extra_forbidden", "Extra inputs are not permitted", value)


def event_faults(style: Style, body: dict[str, Any]) -> Iterator[Problem]:
    events = body.get("events", [])
    if events is None and style.nulls and not style.tight:
        return
    if not isinstance(events, list):
        yield Problem(("body", "events"), "list_type", "Input should be a valid list", events)
        return
    if style.tight and len(events) > 20:
        yield Problem(("body", "events"), "too_long", "List should have at most 20 items", None)
    for index, event in enumerate(events):
        loc = ("body", "events", index)
        if not isinstance(event, dict):
            yield dictionary(event, "events", index)
            continue
        if "timestamp" not in event:
            yield Problem((*loc, "timestamp"), "missing", "Field required", event)
        elif not stamp_fits(style, event["timestamp"]):
            message = "Input should be a valid datetime"
            yield Problem((*loc, "timestamp"), "datetime_from_date_parsing", message, event["timestamp"])
        for name in EVENT_TEXTS:
            yield from text_faults(style, event, loc, name, required=name == "type")
        if not style.unknown or style.tight:
            yield from (
                extra((*loc, name), value) for name, value in event.items() if name not in ("timestamp", *EVENT_TEXTS)
            )


def text_faults(
    style: Style, holder: dict[str, Any], loc: tuple[Any, ...], name: str, *, required: bool = False
) -> Iterator[Problem]:
    if name not in holder:
        if required:
            yield Problem((*loc, name), "missing", "Field required", holder)
        return
    value = holder[name]
    if value is None and style.nulls and not style.tight and not required:
        return
    if not isinstance(value, str):
        yield Problem((*loc, name), "string_type", "Input should be a valid string", value)
    elif style.tight and not narrow(name, value):
        yield Problem((*loc, name), "string_pattern_mismatch", "String should match the pattern", value)


def narrow(name: str, value: str) -> bool:
    if name in ("session_id", "user_id", "item_id"):
        return bool(ID.fullmatch(value))
    longest = {"message": 1000, "type": 100, "description": 100}.get(name, 1 << 62)
    visible = any(unicodedata.category(each)[0] in "LNPS" for each in value)
    return visible and len(value) <= longest and not CONTROL.search(value)


def limit_fits(style: Style, value: Any) -> bool:
    if style.tight:
        return type(value) is int and 1 <= value <= 10
    if value is None:
        return style.nulls
    if type(value) is int:
        return True
    if style.numbers == "strict":
        return False
    if isinstance(value, float):
        return value.is_integer()
    if isinstance(value, str):
        loose = style.numbers == "loose" and value.strip() in ("", "1e0", "5e0", "1E1")
        return loose or bool(LAX_INTEGER.fullmatch(value.strip()))
    return isinstance(value, bool)


def stamp_fits(style: Style, value: Any) -> bool:
    if not isinstance(value, str):
        return style.timestamps == "loose" and isinstance(value, int | float) and not isinstance(value, bool)
    if style.tight:
        return bool(STAMP.fullmatch(value)) and "1600" <= value < "9999" and is_date(value)
    if style.timestamps == "rfc3339":
        return bool(RFC3339.fullmatch(value)) and is_date(value.upper().replace(":60", ":59"))
    return style.timestamps != "iso" or is_date(value)


def is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
