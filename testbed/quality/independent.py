"""An independent judge, written from the rules of the contract. It shares documents with the kit, but no code.

jsonschema determines the set of a request and whether a response conforms; a table determines the allowed statuses.
The judge covers MUST clauses of single exchanges. The generator of an exchange tells it what the bytes of a body are.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from chat_contract.exchange import Breakdown, Request, Response
from chat_contract.resources import openapi_dir

Place = tuple[str | int, ...]

FIELDS = frozenset({"message", "conversation_id", "session_id", "user_id", "events", "limit"})
EVENT_FIELDS = frozenset({"timestamp", "type", "item_id", "description"})
PROTOTYPE_NAMES = frozenset({"__proto__", "constructor", "prototype"})
MUST, DOCUMENTED, MAY, OUTSIDE = "must-accept", "documented", "may-accept", "must-reject"
LARGE = 64 * 1024
USUAL_DEPTH = 64
DEFAULT_LIMIT = 4
ANY_4XX = frozenset(range(400, 500))
NO_VALUE = object()


@dataclass(frozen=True)
class GeneratedExchange:
    """A generated request and outcome, with what the generator knows about them.

    ``nature`` of the body: ``json``, ``malformed``, ``lenient`` JSON or ``beyond`` I-JSON. ``value`` is the value of
    the body if the nature is ``json``, otherwise None.
    ``label`` describes the outcome.
    """

    request: Request
    outcome: Response | Breakdown
    nature: str
    value: Any
    label: str

    @property
    def media_type(self) -> str:
        """``json``, ``charset`` for JSON with charset=utf-8, or ``foreign``."""
        header = self.request.header("Content-Type")
        return {"application/json": "json", "application/json; charset=utf-8": "charset"}.get(header or "", "foreign")


@dataclass(frozen=True)
class Objection:
    """A reason why an outcome violates a MUST clause: a stable id, and a detail for readers."""

    id: str
    detail: str = ""


def plain_document() -> dict[str, Any]:
    """Return the shipped contract, as any YAML parser reads it."""
    with (openapi_dir() / "chat.yaml").open(encoding="utf-8") as file:
        document: dict[str, Any] = yaml.safe_load(file)
    return document


class IndependentJudge:
    """Judges single exchanges of a run.

    ``issued`` maps the conversation ids that the server issued to their users; ``seen`` holds all ids so far.
    """

    def __init__(self, schemas: Mapping[str, Any], issued: Mapping[str, str], seen: frozenset[str]) -> None:
        formats = Draft202012Validator.FORMAT_CHECKER
        self.sets = {name: Draft202012Validator(schema, format_checker=formats) for name, schema in schemas.items()}
        components = plain_document()["components"]
        self.responses = {
            status: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})
            for status, name in {200: "ChatResponse", 422: "HTTPValidationError"}.items()
        }
        self.issued = issued
        self.seen = seen

    # -- the request

    def request_class(self, exchange: GeneratedExchange) -> str:
        """Return the innermost set that contains a JSON body sent as JSON."""
        value = exchange.value
        if stands_in(value):
            readings = (value, without_case(value, first=False), without_case(value, first=True))
            return MAY if any(map(self.sets[MAY].is_valid, readings)) else OUTSIDE
        if not self.sets[MAY].is_valid(value):
            return OUTSIDE
        other_notation = isinstance(value.get("limit"), float)
        if other_notation or self.is_of_another_user(value) or not self.sets[DOCUMENTED].is_valid(value):
            return MAY
        if exchange.media_type == "charset" or any(True for _ in self.places(value)):
            return DOCUMENTED
        return MUST

    def is_of_another_user(self, value: dict[str, Any]) -> bool:
        """Return whether another user started the conversation, or may have sent its id first."""
        conversation = value.get("conversation_id")
        if "user_id" not in value or not isinstance(conversation, str):
            return False
        return value["user_id"] != self.issued.get(conversation, NO_VALUE)

    def places(self, value: Any) -> Iterator[Place]:
        """Yield every place outside the must-accept set."""
        for error in self.sets[MUST].iter_errors(value):
            yield from _places_of(error)
        if is_hard_to_parse(value):
            yield ()
        if not isinstance(value, dict):
            return
        yield from self._other_names(value)
        yield from _blank_texts(value)
        if isinstance(value.get("limit"), float):
            yield ("limit",)
        conversation = value.get("conversation_id")
        if isinstance(conversation, str):
            if conversation not in self.issued:
                yield ("conversation_id",)
            if self.is_of_another_user(value):
                yield ("user_id",)

    def _other_names(self, value: dict[str, Any]) -> Iterator[Place]:
        """Yield the place of each documented property that a property of another case may stand for."""
        yield from ((name.lower(),) for name in value if name not in FIELDS and name.lower() in FIELDS)
        for index, event in _events(value):
            names = (name for name in event if name not in EVENT_FIELDS and name.lower() in EVENT_FIELDS)
            yield from (("events", index, name.lower()) for name in names)

    def statuses(self, exchange: GeneratedExchange) -> frozenset[int]:
        """Return the allowed statuses."""
        large = {413} if len(exchange.request.body) > LARGE else set()
        if exchange.media_type == "foreign":
            return ANY_4XX | {200}
        if exchange.nature == "beyond":
            return ANY_4XX | {200}
        if exchange.nature == "lenient":
            return ANY_4XX | {200} | frozenset(range(300, 400))
        if exchange.nature == "malformed":
            return ANY_4XX
        request_class = self.request_class(exchange)
        if request_class == MUST:
            return frozenset({200} | large)
        if request_class == OUTSIDE:
            return frozenset({422} | large)
        value = exchange.value
        given = value.get("conversation_id") if isinstance(value, dict) else None
        unknown = {404} if isinstance(given, str) and given not in self.issued else set()
        charset = ANY_4XX if exchange.media_type == "charset" else frozenset()
        return frozenset({200, 422} | unknown | large) | charset

    # -- the response

    def objection(self, exchange: GeneratedExchange) -> Objection | None:
        """Return why the outcome violates a MUST clause, or None."""
        outcome = exchange.outcome
        if isinstance(outcome, Breakdown):
            beyond = exchange.nature == "beyond" and exchange.media_type != "foreign"
            return None if beyond else Objection("no-response", outcome.kind)
        length = outcome.header("Content-Length")
        if length is not None and length != str(len(outcome.body)):
            return Objection("wrong-length")
        if exchange.nature == "beyond" and exchange.media_type != "foreign" and outcome.status >= 500:
            return None
        if outcome.status not in self.statuses(exchange):
            return Objection("wrong-status", str(outcome.status))
        return self._of_response(exchange, outcome) if outcome.status in self.responses else None

    def _of_response(self, exchange: GeneratedExchange, response: Response) -> Objection | None:
        media_type = (response.header("Content-Type") or "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not (
            media_type.startswith("application/") and media_type.endswith("+json")
        ):
            return Objection("wrong-media-type", media_type)
        body = strictly_read(response.body)
        if body is NO_VALUE:
            return Objection("not-json")
        for error in self.responses[response.status].iter_errors(body):
            return Objection("wrong-body", error.message[:100])
        return self._of_reply(exchange, body) if response.status == 200 else self._of_rejection(exchange, body)

    def _of_reply(self, exchange: GeneratedExchange, reply: dict[str, Any]) -> Objection | None:
        sent = exchange.value if isinstance(exchange.value, dict) else None
        if sent is None or any(name not in FIELDS and name.lower() in FIELDS for name in sent):
            return None
        limit = sent.get("limit", DEFAULT_LIMIT)
        if type(limit) is int and limit >= 0 and len(reply["items"]) > limit:
            return Objection("too-many-items", str(len(reply["items"])))
        given, returned = sent.get("conversation_id"), reply["conversation_id"]
        if isinstance(given, str) and (returned == given or self.may_replace(given, returned, sent)):
            return None
        if isinstance(given, str) or ("conversation_id" not in sent and returned in self.seen):
            return Objection("wrong-conversation", f"{returned} for {given}")
        return None

    def may_replace(self, given: str, returned: str, sent: dict[str, Any]) -> bool:
        """Return whether a reply may have this id instead of the one that was sent."""
        if returned not in self.seen:
            return given not in self.issued or self.is_of_another_user(sent)
        # A trimmed, folded or shortened copy violates only a SHOULD clause if no conversation has this id.
        folded = returned.strip().casefold()
        is_copy = folded == given.strip().casefold() or (len(folded) > 3 and folded in given.strip().casefold())
        return given not in self.issued and returned not in self.issued and is_copy

    def _of_rejection(self, exchange: GeneratedExchange, rejection: dict[str, Any]) -> Objection | None:
        detail = rejection.get("detail")
        if not detail or any(not entry["msg"] or not entry["type"] for entry in detail):
            return Objection("empty-detail")
        if exchange.nature != "json" or exchange.media_type != "json":
            return None
        for entry in detail:
            if not self.is_a_fault(entry["loc"], exchange.value):
                return Objection("wrong-loc", str(entry["loc"]))
        return None

    def is_a_fault(self, loc: Sequence[str | int], value: Any) -> bool:
        """Return whether the loc names a place outside must-accept, or below one, ignoring tags."""
        names = FIELDS | EVENT_FIELDS | (set(value) if isinstance(value, dict) else set())
        steps = [int(step) if isinstance(step, str) and step.isdecimal() else step for step in loc]
        steps = [step for step in steps if isinstance(step, int) or step in names or step in _unknown(value)]
        return any(tuple(steps[: len(place)]) == place for place in self.places(value))


def _unknown(value: Any) -> set[str]:
    """Return the names of all properties in events."""
    events = value.get("events") if isinstance(value, dict) else None
    return (
        {name for event in events if isinstance(event, dict) for name in event} if isinstance(events, list) else set()
    )


def _events(value: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    events = value.get("events")
    if isinstance(events, list):
        yield from ((index, event) for index, event in enumerate(events) if isinstance(event, dict))


def stands_in(value: Any) -> bool:
    """Return whether a property may stand for a documented one whose name differs only by case."""
    return without_case(value, first=True) != value or without_case(value, first=False) != value


def without_case(value: Any, *, first: bool) -> Any:
    """Return the value as a server reads it that ignores the case of names; the first or the last of two counts."""
    if not isinstance(value, dict):
        return value
    read = _renamed(value, FIELDS, first=first)
    if isinstance(read.get("events"), list):
        read["events"] = [
            _renamed(event, EVENT_FIELDS, first=first) if isinstance(event, dict) else event for event in read["events"]
        ]
    return read


def _renamed(value: dict[str, Any], documented: frozenset[str], *, first: bool) -> dict[str, Any]:
    members = [(name.lower() if name.lower() in documented else name, inner) for name, inner in value.items()]
    return dict(reversed(members) if first else members)


def is_hard_to_parse(value: Any, depth: int = 1) -> bool:
    """Return whether a parser may reject the whole body: for its depth, a wide integer or an odd name."""
    if isinstance(value, int) and not isinstance(value, bool):
        return not -(2**63) <= value < 2**63
    if isinstance(value, dict | list) and depth > USUAL_DEPTH:
        return True
    if isinstance(value, dict):
        odd = any(not name or name in PROTOTYPE_NAMES or not name.isprintable() for name in value)
        return odd or any(is_hard_to_parse(inner, depth + 1) for inner in value.values())
    return isinstance(value, list) and any(is_hard_to_parse(inner, depth + 1) for inner in value)


def _blank_texts(value: dict[str, Any]) -> Iterator[Place]:
    """Yield the texts without a letter, a number, a punctuation mark or a symbol."""
    texts: list[tuple[Place, Any]] = [(("message",), value.get("message"))]
    for index, event in _events(value):
        texts += [(("events", index, name), event.get(name)) for name in ("type", "description")]
    for place, text in texts:
        if isinstance(text, str) and not any(unicodedata.category(each)[0] in "LNPS" for each in text):
            yield place


def _places_of(error: ValidationError) -> Iterator[Place]:
    place = tuple(error.absolute_path)
    if error.validator == "required":
        yield from ((*place, name) for name in error.validator_value if name not in error.instance)
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        names = [name for name in error.instance if name not in known]
        yield from ((*place, name) for name in names)
    elif len(place) == 2 and error.validator == "type":
        yield ()  # an event that is not an object is a fault of the whole body
    else:
        yield place


def strictly_read(raw: bytes) -> Any:
    """Return the value of strict JSON in UTF-8, or NO_VALUE."""

    def reject(name: str) -> float:
        raise ValueError(name)

    try:
        return json.loads(raw.decode("utf-8"), parse_constant=reject)
    except ValueError:
        return NO_VALUE
