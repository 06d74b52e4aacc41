"""A view of one exchange: the input of every rule."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from chat_contract.body import ABSENT, is_deeper
from chat_contract.classification import Beyond, Classification, Fault, RequestClass
from chat_contract.contract import DOCUMENTED, Contract
from chat_contract.errors import Pointer
from chat_contract.exchange import Breakdown, Exchange, Request, Response
from chat_contract.history import History
from chat_contract.large_bodies import MOST_LEVELS, has_too_many_values, is_too_wide
from chat_contract.roles import CONVERSATION, EVENTS

LARGE_BODY = 64 * 1024
"""The size in bytes above which a server may respond with 413."""

MUST_READ_DEPTH = 51
"""The depth of a body whose unknown property nests 50 deep; beyond it, a failure is only a warning."""

_MOST_ELEMENTS = 1000
"""How many elements of an array in a large response are judged; fewer of arrays inside it."""


class Unread(StrEnum):
    """Why the kit does not read a response body as JSON."""

    NOT_JSON = "not-json"
    TOO_DEEP = "too-deep"
    TOO_MANY_VALUES = "too-many-values"
    TOO_LARGE = "too-large"


class RequestKind(StrEnum):
    """What a request tests. Each rule applies to some of these kinds."""

    CREDENTIALS = "credentials"
    METHOD = "method"
    PATH = "path"
    FOREIGN_MEDIA_TYPE = "foreign-media-type"
    BEYOND_IJSON = "beyond-i-json"
    MALFORMED = "malformed"
    LENIENT_JSON = "lenient-json"
    CHUNKED = "chunked"
    MUST_REJECT = "must-reject"
    UNSPECIFIED = "unspecified"
    MUST_ACCEPT = "must-accept"


MAY_SUCCEED = frozenset(
    {
        RequestKind.MUST_ACCEPT,
        RequestKind.UNSPECIFIED,
        RequestKind.CHUNKED,
        RequestKind.FOREIGN_MEDIA_TYPE,
        RequestKind.BEYOND_IJSON,
        RequestKind.LENIENT_JSON,
    }
)
"""The kinds that may get a 200. The response must then be a conforming reply."""

IJSON = frozenset(
    {
        RequestKind.MUST_ACCEPT,
        RequestKind.UNSPECIFIED,
        RequestKind.MUST_REJECT,
        RequestKind.MALFORMED,
        RequestKind.LENIENT_JSON,
    }
)
"""The kinds for which a 5xx or a broken connection is always the server's fault."""


@dataclass(frozen=True)
class ExchangeFacts:
    """One exchange, classified, with the history from before it.

    What many rules read is worked out once.
    """

    contract: Contract
    exchange: Exchange
    classification: Classification
    history: History

    @property
    def request(self) -> Request:
        return self.exchange.request

    @cached_property
    def body(self) -> Any:
        """The JSON value of the request body, or ABSENT."""
        return self.classification.value

    @cached_property
    def field_names(self) -> frozenset[str]:
        """The names of the fields of requests and events, and of the properties of this request."""
        schema = self.contract.schemas[DOCUMENTED]
        names = set(within(schema, "properties")) | set(within(schema, "properties", EVENTS, "items", "properties"))
        return frozenset(names | set(self.body) if isinstance(self.body, dict) else names)

    @cached_property
    def fault_places(self) -> frozenset[Pointer]:
        """The places of the request's faults."""
        return frozenset(fault.place for fault in self.classification.faults)

    @cached_property
    def response(self) -> Response | None:
        outcome = self.exchange.outcome
        return outcome if isinstance(outcome, Response) else None

    @property
    def breakdown(self) -> Breakdown | None:
        outcome = self.exchange.outcome
        return outcome if isinstance(outcome, Breakdown) else None

    @cached_property
    def status(self) -> int:
        """The status of the response; 0 without a complete response."""
        return self.response.status if self.response is not None else 0

    @cached_property
    def failed(self) -> bool:
        """Whether the server responded with 5xx or did not respond completely."""
        return self.response is None or self.status >= 500

    @cached_property
    def kind(self) -> RequestKind:
        return _kind(self.contract, self.request, self.classification)

    @cached_property
    def has_known_values(self) -> bool:
        """Whether all servers read the same ids and limit from the request, as far as they accept it.

        They may differ outside I-JSON, and if a name differs from a documented one only by case.
        """
        body = self.classification.body
        return (
            not body.beyond_ijson
            and not body.malformed
            and not any(map(_is_top_level_case, self.classification.faults))
        )

    @property
    def too_large(self) -> bool:
        """Whether the server responded with 413 to a body for which it may."""
        return self.status == 413 and len(self.request.body) > LARGE_BODY

    @property
    def deeply_nested(self) -> bool:
        return self.classification.body.depth > MUST_READ_DEPTH

    @property
    def response_json(self) -> Any:
        """The JSON value of the response body, or ABSENT."""
        return self.read_response[0]

    @property
    def unread(self) -> Unread | None:
        """Why :attr:`response_json` is ABSENT; None if it is not, or without a response."""
        return self.read_response[1]

    @cached_property
    def read_response(self) -> tuple[Any, Unread | None]:
        """The JSON value of the response body, or ABSENT and the reason."""
        if self.response is None:
            return ABSENT, None
        body = self.response.body
        if has_too_many_values(body):
            return ABSENT, Unread.TOO_MANY_VALUES
        if is_too_wide(body):
            return ABSENT, Unread.TOO_LARGE
        try:
            # A response may quote the request, including values that JSON does not allow.
            constant = float if self.kind is RequestKind.BEYOND_IJSON else _reject_constant
            text = body.decode("utf-8")
            if is_deeper(text, MOST_LEVELS):
                return ABSENT, Unread.TOO_DEEP
            return json.loads(text, parse_constant=constant), None
        except RecursionError:
            return ABSENT, Unread.TOO_DEEP
        except ValueError:
            return ABSENT, Unread.NOT_JSON

    @cached_property
    def response_sample(self) -> Any:
        """:attr:`response_json` for rules whose work grows with it: of a large one, the first elements of arrays."""
        large = self.response is not None and len(self.response.body) > LARGE_BODY
        return with_short_arrays(self.response_json) if large else self.response_json

    @property
    def replied(self) -> bool:
        """Whether the response is a 200 to a request that may get one."""
        return self.status == 200 and self.kind in MAY_SUCCEED

    @cached_property
    def reply(self) -> dict[str, Any] | None:
        """The ChatResponse object, or None."""
        return self.response_json if self.replied and isinstance(self.response_json, dict) else None

    @property
    def rejected(self) -> bool:
        """Whether the response is a 422 of the chat operation."""
        return self.status == 422 and self.kind in (MAY_SUCCEED | IJSON)

    @cached_property
    def reply_id(self) -> str | None:
        """The ``conversation_id`` of the reply, or None if it is not a non-empty string."""
        value = self.reply.get(CONVERSATION) if self.reply is not None else None
        return value if isinstance(value, str) and value else None

    @cached_property
    def sent_id(self) -> str | None:
        """The ``conversation_id`` of the request, or None if it is not a string that all servers read."""
        value = self.body.get(CONVERSATION) if isinstance(self.body, dict) and self.has_known_values else None
        return value if isinstance(value, str) else None

    def field(self, name: str) -> Any:
        """Return a field of the request body, or ABSENT."""
        return self.body.get(name, ABSENT) if isinstance(self.body, dict) else ABSENT


def _kind(contract: Contract, request: Request, classification: Classification) -> RequestKind:
    operation = contract.operation
    if request.credential != "given":
        return RequestKind.CREDENTIALS
    if request.method != operation.method:
        return RequestKind.METHOD
    if request.path != operation.path:
        return RequestKind.PATH
    if classification.media_type == "foreign":
        return RequestKind.FOREIGN_MEDIA_TYPE
    if classification.body.beyond_ijson:
        return RequestKind.BEYOND_IJSON
    if classification.body.malformed:
        return RequestKind.LENIENT_JSON if classification.body.lenient else RequestKind.MALFORMED
    if classification.request_class is RequestClass.MUST_REJECT:
        return RequestKind.MUST_REJECT
    if request.chunked:
        return RequestKind.CHUNKED
    if classification.request_class is RequestClass.MUST_ACCEPT:
        return RequestKind.MUST_ACCEPT
    return RequestKind.UNSPECIFIED


def _is_top_level_case(fault: Fault) -> bool:
    return fault.keyword == Beyond.PROPERTY_CASE and len(fault.place) == 1


def with_short_arrays(value: Any, most: int = _MOST_ELEMENTS) -> Any:
    """Return a JSON value with only the first elements of each array; arrays in arrays keep a tenth as many."""
    if isinstance(value, dict):
        return {name: with_short_arrays(child, most) for name, child in value.items()}
    if isinstance(value, list):
        return [with_short_arrays(child, max(most // 10, 1)) for child in value[:most]]
    return value


def within(schema: Any, *keys: str) -> dict[str, Any]:
    """Return the object at the keys of a schema, or an empty one where another contract has none there."""
    for key in keys:
        schema = schema.get(key) if isinstance(schema, dict) else None
    return schema if isinstance(schema, dict) else {}


def _reject_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
