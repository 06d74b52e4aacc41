"""Which clauses of the shipped contract a server breaks that keeps to the revision: the kit's own judge says so.

Every probe is an interaction with such a server. A clause is hit where the judge finds it broken by what the revision
lets the server do, and not by what the base lets it do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from chat_contract import Contract, Exchange, Request, Response, Violation, judge, load_contract
from chat_contract.roles import ITEMS, LIMIT, MESSAGE
from spec_gate.differ.changes import Comparison, SchemaUse
from spec_gate.differ.surface import Operation
from spec_gate.impact.values import Bodies, variants

_JSON = "application/json"
_ASKED = ("request", "rejection")
_ANSWERED = ("reply", "error", "limit")
_GOOD, _BAD = 200, 422


def clauses_hit(comparison: Comparison, bodies: Bodies, witnessed: Iterable[Any]) -> dict[str, str]:
    """Return the clauses that do not hold any more, each with the sign of it; empty for another API's documents."""
    contract = load_contract()
    label = contract.operation.label
    pairing = next((one for one in comparison.pairings if one.label == label and not one.base.outgoing), None)
    if pairing is None:
        return {}
    probes = _Probes(contract, bodies, list(witnessed))
    hit: dict[str, str] = {}
    for clause, sign in (
        *probes.requests(),
        *probes.replies(_GOOD),
        *probes.replies(_BAD),
        *probes.statuses(pairing.base, pairing.revision),
        *probes.media(pairing.base, pairing.revision),
        *probes.methods(comparison),
        *probes.credentials(pairing.base, pairing.revision),
        *probes.defaults(),
    ):
        hit.setdefault(clause, sign)
    return {name: hit[name] for name in contract.clauses if name in hit}


class _Probes:
    def __init__(self, contract: Contract, bodies: Bodies, witnessed: list[Any]) -> None:
        self.contract = contract
        self.bodies = bodies
        self.witnessed = witnessed
        self.label = contract.operation.label
        self.plain = {MESSAGE: next(iter(contract.request_examples.values()))[MESSAGE]}

    def _broken(self, request: Request, answer: Response, groups: tuple[str, ...]) -> Iterator[str]:
        for violation in judge(self.contract, Exchange(request, answer)):
            if violation.clause.partition(".")[0] in groups:
                yield violation.clause

    def _ask(self, body: Any, **rest: Any) -> Request:
        method, path = self.contract.operation.method, self.contract.operation.path
        return Request(method, path, (("Content-Type", _JSON),), json.dumps(body).encode(), **rest)

    def _some_reply(self) -> Any:
        return next(iter(self.contract.response_examples[_GOOD].values()))

    def requests(self) -> Iterator[tuple[str, str]]:
        """Ask what one side takes and the other does not."""
        for exchange in self.bodies.of(self.label):
            if exchange.part.media != _JSON:
                continue
            for body in self._bodies(self.contract.request_examples.values(), alone=True):
                before, now = (self.bodies.accepts(exchange, body, base=base) for base in (True, False))
                if before == now:
                    continue
                answers = {True: _answer(_GOOD, self._some_reply()), False: _answer(_BAD, _refusal())}
                request = self._ask(body)
                said_before = set(self._broken(request, answers[before], _ASKED))
                verb = "takes" if now else "refuses"
                for clause in self._broken(request, answers[now], _ASKED):
                    if clause not in said_before:
                        yield clause, f"the revision {verb} {json.dumps(body, ensure_ascii=False)}"

    def _bodies(self, examples: Iterable[Any], *, alone: bool) -> Iterator[Any]:
        known = list(examples)
        if alone:
            yield self.plain
            yield from ({**self.plain, key: child} for one in known for key, child in one.items())
        for example in (*known, *self.witnessed):
            yield from variants(example)

    def replies(self, status: int) -> Iterator[tuple[str, str]]:
        """Answer what the revision allows and the base does not."""
        request = self._ask(self.plain if status == _GOOD else {})
        for exchange in self.bodies.of(self.label, str(status)):
            new: list[Any] = []
            old: list[Any] = []
            for body in self._bodies(self._examples(exchange, status), alone=False):
                if self.bodies.accepts(exchange, body, base=True):
                    old.append(body)
                elif self.bodies.accepts(exchange, body, base=False):
                    new.append(body)
            # What the documents never ruled out, such as a blank message, is no news.
            known = {_fault(one) for body in (old if new else ()) for one in self._violations(request, status, body)}
            for body in new:
                for one in self._violations(request, status, body):
                    if _fault(one) not in known:
                        yield one.clause, f"the revision may answer {json.dumps(body, ensure_ascii=False)}"

    def _violations(self, request: Request, status: int, body: Any) -> Iterator[Violation]:
        for violation in judge(self.contract, Exchange(request, _answer(status, body))):
            if violation.clause.partition(".")[0] in _ANSWERED:
                yield violation

    def _examples(self, exchange: SchemaUse, status: int) -> list[Any]:
        named = self.bodies.examples(exchange, base=False)
        return [*self.contract.response_examples.get(status, {}).values(), *(value for value, _ in named.values())]

    def statuses(self, base: Operation, revision: Operation) -> Iterator[tuple[str, str]]:
        for status in revision.responses:
            if status not in base.responses and status.isdigit() and status.startswith("2"):
                answer = _answer(int(status), self._some_reply())
                for clause in self._broken(self._ask(self.plain), answer, _ANSWERED):
                    yield clause, f"the revision may answer {status}"

    def media(self, base: Operation, revision: Operation) -> Iterator[tuple[str, str]]:
        for status, said, asked in ((_GOOD, self._some_reply(), self.plain), (_BAD, _refusal(), {})):
            ours, theirs = (one.responses.get(str(status)) for one in (base, revision))
            if ours is None or theirs is None:
                continue
            for media in theirs.media:
                if media not in ours.media and "*" not in media:
                    answer = Response(status, (("Content-Type", media),), json.dumps(said).encode())
                    for clause in self._broken(self._ask(asked), answer, _ANSWERED):
                        yield clause, f"the revision may answer {status} as {media}"

    def methods(self, comparison: Comparison) -> Iterator[tuple[str, str]]:
        path = self.contract.operation.path
        for key, operation in comparison.revision.operations.items():
            if operation.path == path and key not in comparison.base.operations:
                request = Request(operation.method.upper(), path)
                for clause in self._broken(request, _answer(_GOOD, self._some_reply()), ("http",)):
                    yield clause, f"the revision has {operation.label}"

    def credentials(self, base: Operation, revision: Operation) -> Iterator[tuple[str, str]]:
        if any(not one for one in revision.security) and all(base.security):
            request = self._ask(self.plain, credential="missing")
            for clause in self._broken(request, _answer(_GOOD, self._some_reply()), ("credentials",)):
                yield clause, "the revision answers without a key"

    def defaults(self) -> Iterator[tuple[str, str]]:
        """Answer as many items as the new default says, where no limit was given."""
        for exchange in self.bodies.of(self.label):
            before, now = (
                self.bodies.default(exchange, LIMIT, base=True),
                self.bodies.default(exchange, LIMIT, base=False),
            )
            if before == now or not isinstance(now, int):
                continue
            reply = self._some_reply()
            many = [{**reply[ITEMS][0], "item_id": f"A{number}"} for number in range(min(now, 1_000))]
            for clause in self._broken(self._ask(self.plain), _answer(_GOOD, {**reply, ITEMS: many}), ("limit",)):
                yield clause, f"the revision's {LIMIT} is {now} where none is given"


def _fault(violation: Violation) -> tuple[object, ...]:
    return violation.clause, violation.pointer, violation.observed


def _answer(status: int, body: Any) -> Response:
    return Response(status, (("Content-Type", _JSON),), json.dumps(body).encode())


def _refusal() -> Any:
    return {"detail": [{"loc": ["body"], "msg": "Refused", "type": "refused"}]}
