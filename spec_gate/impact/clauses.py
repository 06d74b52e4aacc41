"""Finds the clauses of the chat contract that a server violates when it follows the revision.

Each probe is an exchange with such a server; the contract's oracle judges it. A clause is affected if the probe
violates it and what the base allows does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from chat_contract import Contract, Exchange, History, Request, Response, Violation, judge, load_contract
from chat_contract.conformance import examine, find_violations
from chat_contract.contract import Clause
from chat_contract.document.source import Source, read_source
from chat_contract.resources import openapi_dir
from chat_contract.roles import ITEMS, LIMIT, MESSAGE
from spec_gate.differ.changes import Comparison, SchemaUse
from spec_gate.differ.surface import Operation
from spec_gate.impact.values import Bodies, variants
from spec_gate.report.model import ClauseSign, Payload

_JSON = "application/json"
_REQUEST_CLAUSES = ("request", "rejection")
_RESPONSE_CLAUSES = ("reply", "error", "limit")
_OK, _UNPROCESSABLE = 200, 422
_MOST_ITEMS = 1_000


@dataclass(frozen=True)
class Sign:
    """The exchange that violates a clause: what the server does, with a body or a detail."""

    clause: str
    sign: ClauseSign
    body: Payload | None = None
    detail: str = ""


@dataclass(frozen=True)
class ViolatedClause:
    """A clause, where it is written, and how the server violates it."""

    clause: Clause
    source: Source
    sign: ClauseSign
    body: Payload | None
    detail: str


def violated_clauses(comparison: Comparison, bodies: Bodies, witnesses: Iterable[Any]) -> list[ViolatedClause]:
    """Return the affected clauses in the order of the contract; none for documents of another API."""
    contract = load_contract()
    label = contract.operation.label
    pairing = next((one for one in comparison.pairings if one.label == label and not one.base.outgoing), None)
    if pairing is None:
        return []
    probes = _Probes(contract, bodies, list(witnesses))
    first: dict[str, Sign] = {}
    for sign in (
        *probes.requests(),
        *probes.responses(_OK),
        *probes.responses(_UNPROCESSABLE),
        *probes.statuses(pairing.base, pairing.revision),
        *probes.media_types(pairing.base, pairing.revision),
        *probes.methods(comparison),
        *probes.credentials(pairing.base, pairing.revision),
        *probes.defaults(),
    ):
        first.setdefault(sign.clause, sign)
    source = read_source(openapi_dir() / "clauses.yaml")
    return [
        ViolatedClause(clause, source, first[name].sign, first[name].body, first[name].detail)
        for name, clause in contract.clauses.items()
        if name in first
    ]


def _clauses(violations: Iterable[Violation], groups: tuple[str, ...]) -> list[str]:
    """Return the violated clauses of some groups."""
    return [one.clause for one in violations if one.clause.partition(".")[0] in groups]


class _Probes:
    def __init__(self, contract: Contract, bodies: Bodies, witnesses: list[Any]) -> None:
        self.contract = contract
        self.bodies = bodies
        self.witnesses = witnesses
        self.label = contract.operation.label
        self.minimal = {MESSAGE: next(iter(contract.request_examples.values()))[MESSAGE]}

    def _violated(self, request: Request, response: Response, groups: tuple[str, ...]) -> list[str]:
        """Return the clauses of some groups that an exchange violates."""
        return _clauses(judge(self.contract, Exchange(request, response)), groups)

    def _request(self, body: Any, **rest: Any) -> Request:
        method, path = self.contract.operation.method, self.contract.operation.path
        return Request(method, path, (("Content-Type", _JSON),), json.dumps(body).encode(), **rest)

    def _example_response(self) -> Any:
        return next(iter(self.contract.response_examples[_OK].values()))

    def requests(self) -> Iterator[Sign]:
        """Probe with requests that only one of the documents accepts."""
        for use in self.bodies.of(self.label):
            if use.part.media != _JSON:
                continue
            for body in self._request_bodies():
                before, after = (self.bodies.accepts(use, body, base=base) for base in (True, False))
                if before != after:
                    yield from self._decided_otherwise(body, accepted=after)

    def _decided_otherwise(self, body: Any, *, accepted: bool) -> Iterator[Sign]:
        request = self._request(body)
        responses = {
            True: _response(_OK, self._example_response()),
            False: _response(_UNPROCESSABLE, _validation_error()),
        }
        facts = examine(self.contract, Exchange(request, responses[not accepted]), History())
        before = _clauses(find_violations(facts), _REQUEST_CLAUSES)
        after = find_violations(replace(facts, exchange=Exchange(request, responses[accepted])))
        sign = ClauseSign.ACCEPTS_REQUEST if accepted else ClauseSign.REJECTS_REQUEST
        for clause in _clauses(after, _REQUEST_CLAUSES):
            if clause not in before:
                yield Sign(clause, sign, Payload(body))

    def _request_bodies(self) -> Iterator[Any]:
        """Return the minimal request, requests with one more field, then variants of examples and witnesses."""
        examples = list(self.contract.request_examples.values())
        yield self.minimal
        yield from ({**self.minimal, key: child} for one in examples for key, child in one.items())
        for example in (*examples, *self.witnesses):
            yield from variants(example)

    def responses(self, status: int) -> Iterator[Sign]:
        """Probe with responses that the revision allows and the base does not."""
        request = self._request(self.minimal if status == _OK else {})
        for use in self.bodies.of(self.label, str(status)):
            new: list[Any] = []
            old: list[Any] = []
            for body in self._response_bodies(use, status):
                if self.bodies.accepts(use, body, base=True):
                    old.append(body)
                elif self.bodies.accepts(use, body, base=False):
                    new.append(body)
            # The base already allows some violations, such as a blank message; they are not part of the change.
            known = {_identity(one) for body in (old if new else ()) for one in self._violations(request, status, body)}
            for body in new:
                for one in self._violations(request, status, body):
                    if _identity(one) not in known:
                        yield Sign(one.clause, ClauseSign.RETURNS_BODY, Payload(body))

    def _violations(self, request: Request, status: int, body: Any) -> Iterator[Violation]:
        for violation in judge(self.contract, Exchange(request, _response(status, body))):
            if violation.clause.partition(".")[0] in _RESPONSE_CLAUSES:
                yield violation

    def _response_bodies(self, use: SchemaUse, status: int) -> Iterator[Any]:
        named = self.bodies.examples(use, base=False)
        examples = [*self.contract.response_examples.get(status, {}).values(), *(value for value, _ in named.values())]
        for example in (*examples, *self.witnesses):
            yield from variants(example)

    def statuses(self, base: Operation, revision: Operation) -> Iterator[Sign]:
        """Probe with successful statuses that only the revision has."""
        for status in revision.responses:
            if status not in base.responses and status.isdigit() and status.startswith("2"):
                response = _response(int(status), self._example_response())
                for clause in self._violated(self._request(self.minimal), response, _RESPONSE_CLAUSES):
                    yield Sign(clause, ClauseSign.RETURNS_STATUS, detail=status)

    def media_types(self, base: Operation, revision: Operation) -> Iterator[Sign]:
        """Probe with media types of responses that only the revision has."""
        for status, body, sent in (
            (_OK, self._example_response(), self.minimal),
            (_UNPROCESSABLE, _validation_error(), {}),
        ):
            before, after = (one.responses.get(str(status)) for one in (base, revision))
            if before is None or after is None:
                continue
            for media in after.media:
                if media not in before.media and "*" not in media:
                    response = Response(status, (("Content-Type", media),), json.dumps(body).encode())
                    for clause in self._violated(self._request(sent), response, _RESPONSE_CLAUSES):
                        yield Sign(clause, ClauseSign.RETURNS_MEDIA_TYPE, detail=f"{media} for status {status}")

    def methods(self, comparison: Comparison) -> Iterator[Sign]:
        """Probe with methods of the path that only the revision has."""
        path = self.contract.operation.path
        for key, operation in comparison.revision.operations.items():
            if operation.path == path and key not in comparison.base.operations:
                request = Request(operation.method.upper(), path)
                for clause in self._violated(request, _response(_OK, self._example_response()), ("http",)):
                    yield Sign(clause, ClauseSign.HAS_OPERATION, detail=operation.label)

    def credentials(self, base: Operation, revision: Operation) -> Iterator[Sign]:
        """Probe without a key where only the base requires one."""
        if any(not one for one in revision.security) and all(base.security):
            request = self._request(self.minimal, credential="missing")
            for clause in self._violated(request, _response(_OK, self._example_response()), ("credentials",)):
                yield Sign(clause, ClauseSign.NEEDS_NO_KEY)

    def defaults(self) -> Iterator[Sign]:
        """Probe with as many items as the new default of the limit."""
        for use in self.bodies.of(self.label):
            before, after = (self.bodies.default(use, LIMIT, base=base) for base in (True, False))
            if before == after or not isinstance(after, int):
                continue
            example = self._example_response()
            many = [{**example[ITEMS][0], "item_id": f"A{number}"} for number in range(min(after, _MOST_ITEMS))]
            response = _response(_OK, {**example, ITEMS: many})
            for clause in self._violated(self._request(self.minimal), response, ("limit",)):
                yield Sign(clause, ClauseSign.CHANGES_DEFAULT, detail=str(after))


def _identity(violation: Violation) -> tuple[object, ...]:
    return violation.clause, violation.pointer, violation.observed


def _response(status: int, body: Any) -> Response:
    return Response(status, (("Content-Type", _JSON),), json.dumps(body).encode())


def _validation_error() -> Any:
    return {"detail": [{"loc": ["body"], "msg": "Refused", "type": "refused"}]}
