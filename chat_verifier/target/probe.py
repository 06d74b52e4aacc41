"""The first request of a run: tells whether there is a server that can be judged at all."""

from __future__ import annotations

from chat_contract import Contract, KitError
from chat_contract.exchange import Breakdown, Request, Response, find_header
from chat_verifier.planning.case import JSON_HEADERS, Case, CaseSequence, Group, single
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.run.checkpoint import Checkpoint
from chat_verifier.target.client import LONGEST_WAIT, Client, UnreachableError, retry_after

_PROBES = 5


class CannotJudgeError(KitError):
    """The server could not be judged; the text says why and what to do."""


def probe(
    contract: Contract, client: Client, record: Checkpoint | None = None
) -> tuple[CaseSequence, Response | Breakdown]:
    """Ask once, plainly, before anything else; returns what was asked and what came, also if that was in another run.

    Raises :class:`CannotJudgeError`: nothing there, no HTTP, no entrance, another place, or failing five times over.
    """
    operation = contract.operation
    said = ""
    for case in _probes(RequestBuilder(contract)):
        sequence = single(case, Group.PROBE)
        request = Request(operation.method, operation.path, JSON_HEADERS, case.raw(None))
        known = None if record is None else record.replay(sequence, 0, request)
        if known is not None:
            client.budget.replay()
            return sequence, known.outcome
        try:
            outcome = client.send(request, tries=1)
        except UnreachableError as error:
            raise CannotJudgeError(f"{client.base_url}: {error}; {error.hint}") from None
        if isinstance(outcome, Breakdown):
            if outcome.kind in {"reset", "garbled"}:
                raise CannotJudgeError(f"{client.base_url}: no HTTP answer ({outcome.detail}); is this an HTTP server?")
            if outcome.kind == "silence":
                raise CannotJudgeError(
                    f"{client.base_url}: {outcome.detail}; is it the right server? A slow one needs a larger --timeout"
                )
            return _kept(record, sequence, request, outcome)
        said = _closed_door(contract, client, outcome)
        if not said:
            return _kept(record, sequence, request, outcome)
        if outcome.status == 429:
            seconds = retry_after(outcome)
            if seconds > LONGEST_WAIT:
                raise CannotJudgeError(
                    f"{client.base_url}: status 429, which asks to wait {seconds:.0f} s; try again then"
                )
            client.pace.hold(seconds)
    raise CannotJudgeError(f"{client.base_url}: {said} to {_PROBES} probes; try again when the server is well")


def _kept(
    record: Checkpoint | None, sequence: CaseSequence, request: Request, outcome: Response | Breakdown
) -> tuple[CaseSequence, Response | Breakdown]:
    if record is not None:
        record.keep(sequence, 0, request, outcome)
    return sequence, outcome


def _probes(builder: RequestBuilder) -> list[Case]:
    bodies = [builder.request(message=message) for message in builder.messages]
    bodies += [builder.request(name) for name in builder.optional]
    return [Case(f"probe-{number + 1}", "the probe", bodies[number % len(bodies)]) for number in range(_PROBES)]


def _closed_door(contract: Contract, client: Client, outcome: Response) -> str:
    """Raise for an answer that no second probe would change; returns what it says where one might."""
    where = client.base_url + contract.operation.path
    if outcome.status in {401, 403}:
        raise CannotJudgeError(
            f"{where}: status {outcome.status}; the server wants a credential that it knows: "
            "add -H 'Authorization: Bearer …' or -H 'X-API-Key: …'"
        )
    if outcome.status in {404, 405}:
        prefix = contract.operation.base_path
        hint = f"; try {client.base_url}{prefix}" if prefix and not client.base_url.endswith(prefix) else ""
        raise CannotJudgeError(f"{where}: status {outcome.status}; the operation is not there{hint}")
    if 300 <= outcome.status < 400:
        target = find_header(outcome.headers, "Location") or "nowhere"
        raise CannotJudgeError(
            f"{where}: status {outcome.status}, a redirect to {target}; give the base URL of the place itself"
        )
    if outcome.status >= 500 or outcome.status == 429:
        return f"status {outcome.status}"
    return ""
