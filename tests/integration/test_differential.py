"""Compares the oracle with judges that share no code with it, on ten thousand generated exchanges.

Every difference has a name and a reason below. A test fails if a difference has no name, or a name has no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response as PeerResponse
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chat_contract import Contract, Exchange, History, Response, Violation, judge, load_contract
from chat_contract.classification import classify
from chat_contract.history import Conversation
from testbed.quality.exchanges import ISSUED, SEEN, Generator
from testbed.quality.independent import GeneratedExchange, IndependentJudge, Objection, plain_document

SEED = 20240614
COUNT = 10_000
ONE_IN = 5
"""Schemathesis is slower, so it judges only every n-th exchange."""


@dataclass(frozen=True)
class Judged:
    """An exchange with the verdicts of both judges."""

    exchange: GeneratedExchange
    ours: tuple[Violation, ...]
    objection: Objection | None

    @property
    def musts(self) -> set[str]:
        return {violation.clause for violation in self.ours if violation.level == "must"}

    @property
    def status(self) -> int:
        outcome = self.exchange.outcome
        return outcome.status if isinstance(outcome, Response) else 0

    def __str__(self) -> str:
        outcome = self.exchange.outcome
        shown = f"{self.status} {outcome.body[:300]!r}" if isinstance(outcome, Response) else str(outcome)
        request = f"{self.exchange.request.headers} {self.exchange.request.body[:300]!r}"
        ours = [violation.message[:200] for violation in self.ours]
        return f"{request}\n  got {shown}\n  ours: {ours}\n  theirs: {self.objection}"


@dataclass(frozen=True)
class Difference:
    """A difference that may occur between two judges, and the reason why the oracle is right."""

    name: str
    reason: str
    holds: Callable[[Judged], bool]


def history() -> History:
    talks = {name: Conversation(user=user, turns=1) for name, user in ISSUED.items()}
    known = History(conversations=talks, seen=set(SEEN))
    for name in ISSUED:
        known.note_in_use(name)
    return known


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


@pytest.fixture(scope="module")
def independent(contract: Contract) -> IndependentJudge:
    return IndependentJudge(contract.schemas, ISSUED, SEEN)


@pytest.fixture(scope="module")
def judged(contract: Contract, independent: IndependentJudge) -> list[Judged]:
    generator = Generator(SEED, list(contract.request_examples.values()), independent)
    return [
        Judged(
            exchange,
            tuple(judge(contract, Exchange(exchange.request, exchange.outcome), history())),
            independent.objection(exchange),
        )
        for exchange in generator.exchanges(COUNT)
    ]


def objection_id(one: Judged) -> str:
    return "" if one.objection is None else one.objection.id


def events_of(one: Judged) -> list[Any]:
    value = one.exchange.value
    events = value.get("events") if isinstance(value, dict) else None
    return events if isinstance(events, list) else []


def unexplained(disputed: list[Judged], differences: tuple[Difference, ...]) -> list[str]:
    """Return the differences without a name, and the names without a difference."""
    names = Counter(
        next((difference.name for difference in differences if difference.holds(one)), "") for one in disputed
    )
    without = [str(one) for one in disputed if not any(difference.holds(one) for difference in differences)]
    return without[:5] + [f"never seen: {one.name}" for one in differences if not names[one.name]]


# -- jsonschema and a table of statuses


JUDGEMENTS = (
    Difference(
        "event-that-is-not-an-object",
        "The contract allows any loc below the body. A loc that names a valid field or another event misleads clients, "
        "so the oracle accepts only the body, the list, and the event or a place below it.",
        lambda one: (
            one.objection is None
            and one.musts == {"error.loc"}
            and any(not isinstance(event, dict) for event in events_of(one))
        ),
    ),
    Difference(
        "holder-of-an-unknown-property",
        "Some validators name the object that has the unknown property; the oracle accepts that.",
        lambda one: objection_id(one) == "wrong-loc" and not one.musts and "additionalProperties" in keywords(one),
    ),
    Difference(
        "empty-id-comes-back",
        "The schema forbids an empty conversation_id, but the oracle accepts one that comes back as sent, or that the "
        "server may have read from a body that servers read differently.",
        lambda one: (
            not one.musts
            and (
                one.exchange.nature in {"beyond", "lenient"}
                or (isinstance(one.exchange.value, dict) and one.exchange.value.get("conversation_id") == "")
            )
        ),
    ),
)


def keywords(one: Judged) -> set[str]:
    contract = load_contract()
    return {fault.keyword for fault in classify(contract, one.exchange.request, history()).faults}


def test_oracle_agrees_with_the_independent_judge(judged: list[Judged]) -> None:
    disputed = [one for one in judged if (one.objection is None) == bool(one.musts)]
    assert unexplained(disputed, JUDGEMENTS) == []


def test_generated_exchanges_are_balanced(judged: list[Judged]) -> None:
    wrong = sum(one.objection is not None for one in judged)
    assert len(judged) == COUNT
    assert COUNT / 4 < wrong < COUNT * 3 / 4


NEVER_ALONE = {
    *("conversation.concurrent", "rejection.harmless"),  # need several exchanges
    *(
        f"credentials.{name}" for name in ("missing", "wrong", "malformed", "spoofed")
    ),  # need requests without the configured key
    "credentials.accepted",  # a 401 also violates a request clause
    "conversation.issued",  # a reply without an id also violates reply.object
}
"""Clauses that no generated exchange violates alone."""


def test_ignoring_any_one_clause_makes_the_judges_disagree(judged: list[Judged], contract: Contract) -> None:
    alone = {clause for one in judged if one.objection is not None and len(one.musts) == 1 for clause in one.musts}
    musts = {clause.id for clause in contract.clauses.values() if clause.level == "must"}
    assert musts - alone == NEVER_ALONE


# -- request classes


def request_classes(
    judged: list[Judged], contract: Contract, independent: IndependentJudge
) -> Iterator[tuple[Judged, str, str]]:
    for one in judged:
        exchange = one.exchange
        if exchange.nature == "json" and exchange.media_type != "foreign":
            ours = classify(contract, exchange.request, history()).request_class
            yield one, str(ours), independent.request_class(exchange)


def has_line_break(one: Judged) -> bool:
    """Return whether jsonschema's date-time differs: it accepts a trailing line break."""
    stamps = [event.get("timestamp") for event in events_of(one) if isinstance(event, dict)]
    return any(isinstance(stamp, str) and stamp.endswith("\n") for stamp in stamps)


def test_jsonschema_agrees_on_request_classes(
    judged: list[Judged], contract: Contract, independent: IndependentJudge
) -> None:
    seen = list(request_classes(judged, contract, independent))
    disputed = [(one, ours, theirs) for one, ours, theirs in seen if ours != theirs]
    assert disputed, "jsonschema fixed its date-time: remove this exception"
    assert [f"{one}\n{ours}, {theirs}" for one, ours, theirs in disputed if not has_line_break(one)] == []
    assert min(Counter(ours for _, ours, _ in seen).values()) > COUNT / 50


# -- Schemathesis's own checks


RESPONSE_CLAUSES = frozenset(
    {
        *("reply.media-type", "reply.encoding", "reply.object", "reply.conversation-id", "reply.message"),
        *("reply.items", "reply.item", "reply.item-field", "error.media-type", "error.shape", "error.entry"),
    }
)
"""The clauses that depend on the response alone. Schemathesis's checks do not look at the request."""


def of_the_response(one: Judged) -> set[str]:
    return one.musts & RESPONSE_CLAUSES


SCHEMATHESIS = (
    Difference(
        "other-statuses",
        "The document lists 200 and 422; the contract also allows 400, 404, 413 and 415 for some requests.",
        lambda one: objection_id(one) == "UndefinedStatusCode" and one.status not in (200, 422),
    ),
    Difference(
        "suffix-json",
        "The oracle accepts media types with the suffix +json.",
        lambda one: objection_id(one) == "UndefinedContentType" and "+json" in header_of(one),
    ),
    Difference(
        "empty-detail",
        "FastAPI's schema allows detail to be missing or empty; the contract does not.",
        lambda one: (
            one.objection is None and one.status == 422 and of_the_response(one) <= {"error.shape", "error.entry"}
        ),
    ),
    Difference(
        "empty-id-comes-back",
        "The schema forbids an empty conversation_id, but the oracle accepts one that comes back as sent.",
        JUDGEMENTS[-1].holds,
    ),
    Difference(
        "reply-to-a-must-reject-request",
        "The oracle does not check the body of a 200 to a must-reject request, because the status is wrong.",
        lambda one: (
            one.objection is not None
            and one.status == 200
            and any(clause.startswith("rejection.") for clause in one.musts)
        ),
    ),
)


def header_of(one: Judged) -> str:
    outcome = one.exchange.outcome
    return (outcome.header("Content-Type") or "") if isinstance(outcome, Response) else ""


def checked(operation: Any, exchange: GeneratedExchange, outcome: Response) -> Objection | None:
    """Return the first failure of Schemathesis's checks, or None. Its id is the name of the class."""
    case = operation.Case(body=exchange.value, media_type="application/json")
    headers = {name: [value] for name, value in outcome.headers}
    sent = requests.Request("POST", "http://127.0.0.1/v1/chat", data=exchange.request.body).prepare()
    response = PeerResponse(outcome.status, headers, outcome.body, sent, 0.01, verify=False)
    try:
        case.validate_response(
            response, checks=[status_code_conformance, content_type_conformance, response_schema_conformance]
        )
    except FailureGroup as found:
        return Objection(type(found.exceptions[0]).__name__)
    return None


def test_schemathesis_agrees_on_responses(judged: list[Judged]) -> None:
    operation = schemathesis.openapi.from_dict(plain_document())["/chat"]["POST"]
    seen = []
    for one in judged[::ONE_IN]:
        exchange, outcome = one.exchange, one.exchange.outcome
        if isinstance(outcome, Response) and exchange.nature == "json":
            seen.append(Judged(exchange, one.ours, checked(operation, exchange, outcome)))
    assert len(seen) >= 500
    disputed = [one for one in seen if (one.objection is None) == bool(of_the_response(one))]
    assert unexplained(disputed, SCHEMATHESIS) == []
