"""Another judge, written from the rules of the contract alone: it shares the documents with the kit, and no code.

jsonschema says which set a request belongs to and whether an answer conforms; a table says which statuses are right.
It speaks of MUSTs only, of single requests, and knows by construction what the bytes of a body are.
"""

from __future__ import annotations

import json
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
READERS_OWN = frozenset({"__proto__", "constructor", "prototype"})
MUST, DOCUMENTED, MAY, OUTSIDE = "must-accept", "documented", "may-accept", "must-reject"
LARGE = 64 * 1024
DEFAULT_LIMIT = 4
ANY_4XX = frozenset(range(400, 500))
NOTHING_AT_ALL = object()


@dataclass(frozen=True)
class GeneratedExchange:
    """A request, its answer, and what is known of both by construction.

    ``nature`` of the body: ``json``, or ``malformed``, or ``beyond`` I-JSON. ``value`` is the body's; None without one.
    """

    request: Request
    outcome: Response | Breakdown
    nature: str
    value: Any
    told: str

    @property
    def media_type(self) -> str:
        """``json``, ``charset`` for JSON with UTF-8 spelled out, or ``foreign``."""
        header = self.request.header("Content-Type")
        return {"application/json": "json", "application/json; charset=utf-8": "charset"}.get(header or "", "foreign")


def plain_document() -> dict[str, Any]:
    """The shipped contract, as any YAML reader sees it."""
    with (openapi_dir() / "chat.yaml").open(encoding="utf-8") as file:
        document: dict[str, Any] = yaml.safe_load(file)
    return document


class IndependentJudge:
    """``issued`` are conversations that the server gave away before, each with its user; ``seen``: all ids so far.

    ``named_by``: who made up an id.
    """

    def __init__(
        self, schemas: Mapping[str, Any], issued: Mapping[str, str], seen: frozenset[str], named_by: Mapping[str, str]
    ) -> None:
        formats = Draft202012Validator.FORMAT_CHECKER
        self.sets = {name: Draft202012Validator(schema, format_checker=formats) for name, schema in schemas.items()}
        components = plain_document()["components"]
        self.answers = {
            status: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": components})
            for status, name in {200: "ChatResponse", 422: "HTTPValidationError"}.items()
        }
        self.issued = issued
        self.seen = seen
        self.named_by = named_by

    # -- what the request is

    def request_class(self, exchange: GeneratedExchange) -> str:
        """The innermost set that holds a JSON body sent as JSON."""
        value = exchange.value
        if not self.sets[MAY].is_valid(value):
            return OUTSIDE
        written_otherwise = isinstance(value.get("limit"), float)
        if written_otherwise or self.is_of_another(value) or not self.sets[DOCUMENTED].is_valid(value):
            return MAY
        if exchange.media_type == "charset" or any(True for _ in self.places(value)):
            return DOCUMENTED
        return MUST

    def is_of_another(self, value: dict[str, Any]) -> bool:
        """Whether it goes on with a conversation that another user began, or may have begun by naming it."""
        conversation = value.get("conversation_id")
        if "user_id" not in value or not isinstance(conversation, str) or conversation not in self.seen:
            return False
        users = {**self.named_by, **self.issued}
        return value["user_id"] != users.get(conversation, NOTHING_AT_ALL)

    def places(self, value: Any) -> Iterator[Place]:
        """Every place that is outside must-accept."""
        for error in self.sets[MUST].iter_errors(value):
            yield from _places_of(error)
        if not isinstance(value, dict):
            return
        if isinstance(value.get("limit"), float):
            yield ("limit",)
        conversation = value.get("conversation_id")
        if isinstance(conversation, str):
            if conversation not in self.issued:
                yield ("conversation_id",)
            if self.is_of_another(value):
                yield ("user_id",)

    def statuses(self, exchange: GeneratedExchange) -> frozenset[int]:
        """The right ones."""
        large = {413} if len(exchange.request.body) > LARGE else set()
        if exchange.media_type == "foreign":
            return frozenset({200, 415, 422} | large)
        if exchange.nature == "beyond":
            return ANY_4XX | {200}
        if exchange.nature == "malformed":
            return ANY_4XX
        request_class = self.request_class(exchange)
        if request_class == MUST:
            return frozenset({200} | large)
        charset = {415} if exchange.media_type == "charset" else set()
        if request_class == OUTSIDE:
            return frozenset({422} | charset | large)
        value = exchange.value
        given = value.get("conversation_id") if isinstance(value, dict) else None
        unknown = {404} if isinstance(given, str) and given not in self.issued else set()
        return frozenset({200, 422} | charset | unknown | large)

    # -- what the answer is

    def objection(self, exchange: GeneratedExchange) -> str | None:
        """Why the answer breaks a MUST; None where it breaks none."""
        outcome = exchange.outcome
        if isinstance(outcome, Breakdown):
            beyond = exchange.nature == "beyond" and exchange.media_type != "foreign"
            return None if beyond else f"no answer: {outcome.kind}"
        length = outcome.header("Content-Length")
        if length is not None and length != str(len(outcome.body)):
            return "a wrong length"
        if exchange.nature == "beyond" and exchange.media_type != "foreign" and outcome.status >= 500:
            return None
        if outcome.status not in self.statuses(exchange):
            return f"status {outcome.status}"
        return self._of_answer(exchange, outcome) if outcome.status in self.answers else None

    def _of_answer(self, exchange: GeneratedExchange, response: Response) -> str | None:
        media_type = (response.header("Content-Type") or "").partition(";")[0].strip().lower()
        if media_type != "application/json" and not (
            media_type.startswith("application/") and media_type.endswith("+json")
        ):
            return f"media type {media_type}"
        answer = strictly_read(response.body)
        if answer is NOTHING_AT_ALL:
            return "no JSON"
        for error in self.answers[response.status].iter_errors(answer):
            return error.message[:100]
        return self._of_reply(exchange, answer) if response.status == 200 else self._of_refusal(exchange, answer)

    def _of_reply(self, exchange: GeneratedExchange, reply: dict[str, Any]) -> str | None:
        asked = exchange.value if isinstance(exchange.value, dict) else None
        if asked is None:
            return None
        limit = asked.get("limit", DEFAULT_LIMIT)
        if type(limit) is int and limit >= 0 and len(reply["items"]) > limit:
            return f"{len(reply['items'])} items"
        given, came = asked.get("conversation_id"), reply["conversation_id"]
        if isinstance(given, str) and (came == given or (given not in self.issued and came not in self.seen)):
            return None
        if isinstance(given, str) or ("conversation_id" not in asked and came in self.seen):
            return f"conversation {came} for {given}"
        return None

    def _of_refusal(self, exchange: GeneratedExchange, refusal: dict[str, Any]) -> str | None:
        detail = refusal.get("detail")
        if not detail or any(not entry["msg"] or not entry["type"] for entry in detail):
            return "an empty detail"
        if exchange.nature != "json" or exchange.media_type != "json":
            return None
        for entry in detail:
            if not self.is_a_fault(entry["loc"], exchange.value):
                return f"blames {entry['loc']}"
        return None

    def is_a_fault(self, loc: Sequence[str | int], value: Any) -> bool:
        """Whether the loc names a place outside must-accept, or anything below one; tags do not count."""
        names = FIELDS | EVENT_FIELDS | (set(value) if isinstance(value, dict) else set())
        steps = [int(step) if isinstance(step, str) and step.isdecimal() else step for step in loc]
        steps = [step for step in steps if isinstance(step, int) or step in names or step in _unknown(value)]
        return any(tuple(steps[: len(place)]) == place for place in self.places(value))


def _unknown(value: Any) -> set[str]:
    """The names in events that no document knows."""
    events = value.get("events") if isinstance(value, dict) else None
    return (
        {name for event in events if isinstance(event, dict) for name in event} if isinstance(events, list) else set()
    )


def _places_of(error: ValidationError) -> Iterator[Place]:
    place = tuple(error.absolute_path)
    if error.validator == "required":
        yield from ((*place, name) for name in error.validator_value if name not in error.instance)
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        names = [name for name in error.instance if name not in known]
        yield from (() if name in READERS_OWN else (*place, name) for name in names)
    elif len(place) == 2 and error.validator == "type":
        yield ()  # an event that is no object is a fault of the body as a whole
    else:
        yield place


def strictly_read(raw: bytes) -> Any:
    """The value of JSON in UTF-8; NOTHING_AT_ALL where it is none."""

    def refuse(name: str) -> float:
        raise ValueError(name)

    try:
        return json.loads(raw.decode("utf-8"), parse_constant=refuse)
    except ValueError:
        return NOTHING_AT_ALL
