"""The probe: the first request of a run, which shows whether the server can be verified at all."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from chat_contract import Contract, KitError
from chat_contract.exchange import Breakdown, Request, Response, find_header
from chat_verifier.planning.case import Case, CaseSequence, Group, single
from chat_verifier.planning.encoding import JSON_HEADERS
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.run.budget import BudgetSpentError
from chat_verifier.run.checkpoint import Checkpoint
from chat_verifier.run.player import is_accepted
from chat_verifier.target.client import Client, UnreachableError
from kit_http.retry_after import retry_after

_PROBES = 5
_ENDED = "the run ended before the server responded to the probe"


class CannotVerifyError(KitError):
    """The server cannot be verified; the text gives the reason and what to do."""


class Probed(NamedTuple):
    """The probe that the server answered, its outcome, and the probes before it that failed."""

    sequence: CaseSequence
    outcome: Response | Breakdown
    failed: tuple[tuple[CaseSequence, Response], ...] = ()


def probe(contract: Contract, client: Client, checkpoint: Checkpoint | None = None) -> Probed:
    """Send the probe, up to five times if the server fails, or replay it from the checkpoint file.

    Raises :class:`CannotVerifyError` if nothing speaks HTTP there, if it demands a credential, if the operation is
    elsewhere, or if all probes failed.
    """
    operation = contract.operation
    failed: list[tuple[CaseSequence, Response]] = []
    for case in _probes(RequestBuilder(contract)):
        sequence = single(case, Group.PROBE)
        request = Request(operation.method, operation.path, JSON_HEADERS, case.raw(None))
        replayed = None if checkpoint is None else checkpoint.replay(sequence, 0, request)
        if replayed is not None:
            client.budget.replay(accepted=is_accepted(replayed.outcome))
            return Probed(sequence, replayed.outcome, tuple(failed))
        outcome = _send(client, request)
        if isinstance(outcome, Breakdown) or not _should_retry(contract, client, outcome):
            if checkpoint is not None:
                checkpoint.keep(sequence, 0, request, outcome)
            return Probed(sequence, outcome, tuple(failed))
        failed.append((sequence, outcome))
        if outcome.status == 429:
            _wait(client, outcome)
    status = failed[-1][1].status
    raise CannotVerifyError(
        f"{client.base_url}: status {status} in response to {_PROBES} probes. Try again when the server is available."
    )


def first_probe(contract: Contract) -> tuple[CaseSequence, Request]:
    """Return the first probe of every run."""
    case = _probes(RequestBuilder(contract))[0]
    operation = contract.operation
    return single(case, Group.PROBE), Request(operation.method, operation.path, JSON_HEADERS, case.raw(None))


def _probes(builder: RequestBuilder) -> list[Case]:
    bodies = [builder.request(message=message) for message in builder.messages]
    bodies += [builder.request(name) for name in builder.optional]
    return [Case(f"probe-{number + 1}", "a plain message", bodies[number % len(bodies)]) for number in range(_PROBES)]


def _send(client: Client, request: Request) -> Response | Breakdown:
    """Send the probe; raise :class:`CannotVerifyError` if the response is not HTTP or does not come in time."""
    where = client.base_url
    try:
        outcome = client.send(request, tries=1)
    except UnreachableError as error:
        raise CannotVerifyError(f"{where}: {error}. {error.hint}") from None
    except BudgetSpentError:
        raise CannotVerifyError(f"{where}: {_ENDED}.") from None
    if isinstance(outcome, Breakdown) and outcome.kind in {"reset", "garbled"}:
        raise CannotVerifyError(
            f"{where}: no HTTP response ({outcome.detail.strip()}). Check that an HTTP server listens at this address."
        )
    if isinstance(outcome, Breakdown) and outcome.kind == "silence":
        raise CannotVerifyError(
            f"{where}: {outcome.detail}. Check the address, or set a larger --timeout for a slow server."
        )
    return outcome


def _should_retry(contract: Contract, client: Client, response: Response) -> bool:
    """Return whether the server failed; raise :class:`CannotVerifyError` where a retry would not help."""
    where = client.base_url + contract.operation.path
    status = response.status
    if status in {401, 403}:
        raise CannotVerifyError(
            f"{where}: status {status}, the server requires a credential. "
            "Add -H 'Authorization: Bearer …' or -H 'X-API-Key: …'."
        )
    if status in {404, 405}:
        hint = _where_the_operation_is(client.base_url, contract.operation.base_path)
        raise CannotVerifyError(f"{where}: status {status}, the operation does not exist there. {hint}")
    if 300 <= status < 400:
        target = find_header(response.headers, "Location") or "an unnamed location"
        raise CannotVerifyError(
            f"{where}: status {status}, a redirect to {target}. Use the base URL of the redirect's target."
        )
    return status >= 500 or status == 429


def _where_the_operation_is(base_url: str, prefix: str) -> str:
    """Return a hint for a base URL without the operation. ``prefix`` is the path of the contract's server URL."""
    if not prefix or base_url.endswith(prefix):
        return "Check the URL."
    if not urlsplit(base_url).path:
        return f"Try {base_url}{prefix}."
    return f"Check the URL; in the contract, the base URL ends with {prefix}."


def _wait(client: Client, response: Response) -> None:
    """Wait as long as a 429 asks for."""
    try:
        client.hold(retry_after(response))
    except UnreachableError as error:
        raise CannotVerifyError(f"{client.base_url}: {error}. {error.hint}") from None
    except BudgetSpentError:
        raise CannotVerifyError(f"{client.base_url}: {_ENDED}.") from None
