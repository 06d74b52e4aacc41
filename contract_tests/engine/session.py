"""One run from beginning to end: probe, plan, send, judge, verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chat_contract import Contract, KitError, UsageError
from chat_contract.interactions import Breakdown, Headers, Request, Response, find_header
from contract_tests.engine.causes import find_causes
from contract_tests.engine.client import Client, UnreachableError, retry_after
from contract_tests.engine.explore import explored
from contract_tests.engine.ideal import needed_for
from contract_tests.engine.planning.plan import make_plan
from contract_tests.engine.planning.samples import Samples
from contract_tests.engine.profile import latitude_profile
from contract_tests.engine.runner import Runner
from contract_tests.engine.script import JSON_HEADERS, Script, Step, requests_of, single
from contract_tests.engine.secrets import key_in
from contract_tests.engine.verdict import RunResult, clause_results, run_verdict


@dataclass(frozen=True)
class Tier:
    """How much a run sends. ``requests``: at most, but for confirmations of what it found beyond those kept for it."""

    requests: int | None
    confirming: int
    exploring: int


TIERS = {"quick": Tier(60, 3, 0), "default": Tier(200, 2, 4), "deep": Tier(None, 30, 40)}
"""``deep`` has no bound but time: it goes on exploring, each round with another seed."""

DEEP_SECONDS = 120.0
"""How long a deep run explores where no time is given."""

_PROBES = 5
_PROBE_PATIENCE = 60.0
_LONGEST_WAIT_OF_A_PROBE = 5.0
_CREDENTIALS = "credentials"


class CannotJudgeError(KitError):
    """The server could not be judged; the text says why and what to do."""


@dataclass(frozen=True)
class Options:
    """How to run.

    ``timeout`` is in seconds a call; None: ten, or five times the probe's latency. ``only``: the clauses to look at.
    ``tier``: how much to send, a key of :data:`TIERS`. ``max_time``: seconds after which nothing more is begun.
    """

    base_url: str
    headers: Headers = ()
    expect_auth: bool = False
    strict: bool = False
    seed: int = 0
    timeout: float | None = None
    only: frozenset[str] | None = None
    tier: str = "default"
    max_time: float | None = None
    clock: Callable[[], float] = field(default=time.monotonic, compare=False)
    progress: Callable[[int, int], None] = field(default=lambda _done, _all: None, compare=False)


def run(contract: Contract, options: Options) -> RunResult:
    """Judge a server.

    Raises :class:`CannotJudgeError` where it could not be judged, and :class:`UsageError` for wrong options.
    """
    check_base_url(options.base_url)
    if options.expect_auth and not key_in(options.headers):
        raise UsageError("--expect-auth needs the right key: add -H 'Authorization: Bearer …' or -H 'X-API-Key: …'")
    began = options.clock()
    client = Client(options.base_url, headers=options.headers, timeout=options.timeout or _PROBE_PATIENCE)
    try:
        first = probe(contract, client)
        client.timeout = options.timeout or max(10.0, 5 * first[1].elapsed)
        return _judged(contract, options, client, began=began, first=first)
    except UnreachableError as error:
        raise CannotJudgeError(f"{options.base_url}: {error}; is the server running at this address?") from None
    finally:
        client.close()


def _judged(
    contract: Contract,
    options: Options,
    client: Client,
    *,
    began: float,
    first: tuple[Script, Response | Breakdown],
) -> RunResult:
    tier = TIERS[options.tier]
    key = key_in(options.headers) if options.expect_auth else None
    plan = make_plan(contract, seed=options.seed, key=key, budget=tier.requests)
    scripts = plan.scripts if options.only is None else needed_for(contract, plan.scripts, options.only)
    total = min(requests_of(scripts), tier.requests or requests_of(scripts))
    deadline = None if options.max_time is None else began + options.max_time
    runner = Runner(
        contract,
        client,
        max_requests=None if tier.requests is None else tier.requests - tier.confirming - tier.exploring,
        expired=lambda: deadline is not None and options.clock() >= deadline,
        progress=lambda done: options.progress(done, max(total, done)),
    )
    runner.admit(*first)
    gone = _played(contract, options, runner, scripts, until=deadline)
    causes = []
    try:
        causes = find_causes(
            runner,
            runner.journal.observations,
            # A warning is not worth more requests than were promised, unless it fails the run.
            spare=lambda: options.strict or tier.requests is None or client.sent < tier.requests,
            one_is_enough=options.tier == "quick",
        )
    except UnreachableError as error:
        gone = gone or f"the server went away while violations were confirmed: {error}"
    skipped = (
        {} if options.expect_auth else dict.fromkeys(_credential_clauses(contract), "not asked for: --expect-auth")
    )
    clauses = clause_results(contract, runner.journal.observations, causes, strict=options.strict, skipped=skipped)
    verdict, reason = run_verdict(clauses, excused=frozenset(skipped))
    if gone and verdict != "violates":
        raise CannotJudgeError(f"{options.base_url}: {gone}")
    return RunResult(
        verdict=verdict,
        reason=reason or gone,
        base_url=options.base_url,
        seed=options.seed,
        requests=client.sent,
        seconds=options.clock() - began,
        clauses=clauses,
        profile=latitude_profile(contract, runner.journal.observations),
        observations=tuple(runner.journal.observations),
        left_out=tuple(runner.journal.left_out),
    )


def _played(
    contract: Contract, options: Options, runner: Runner, scripts: Sequence[Script], *, until: float | None
) -> str:
    """Play the tables, then what is made up; returns why it ended early, if it did."""
    tier = TIERS[options.tier]
    try:
        # Making up cases takes a second or two; meanwhile the tables are on their way.
        with ThreadPoolExecutor(max_workers=1) as aside:
            made_up = aside.submit(explored, contract, options.seed, tier.exploring if options.only is None else 0)
            runner.play(scripts)
            if tier.requests is not None:
                runner.max_requests = tier.requests - tier.confirming
            runner.play(made_up.result())
        if options.tier == "deep":
            _go_on_exploring(contract, options, runner, until=until or options.clock() + DEEP_SECONDS)
    except UnreachableError as error:
        return f"the server went away in the middle of the run: {error}"
    return ""


def _go_on_exploring(contract: Contract, options: Options, runner: Runner, *, until: float) -> None:
    """Explore with one seed after the other until the time is over."""
    number = options.seed
    while options.clock() < until:
        number += 1
        runner.play(explored(contract, number, TIERS["deep"].exploring))


def _credential_clauses(contract: Contract) -> list[str]:
    return [name for name, clause in contract.clauses.items() if clause.group == _CREDENTIALS]


def check_base_url(url: str) -> None:
    """Raise :class:`UsageError` for what is no base URL of an HTTP server."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if valid and "@" in parts.netloc:
        raise UsageError("the base URL holds a user name or a password; give a credential by -H 'Authorization: …'")
    if not valid or parts.query or parts.fragment or any(character.isspace() for character in url):
        raise UsageError(f"{url!r} is no base URL; write one such as http://127.0.0.1:4010/v1")


def probe(contract: Contract, client: Client) -> tuple[Script, Response | Breakdown]:
    """Ask once, plainly, before anything else; returns what was asked and what came.

    Raises :class:`CannotJudgeError`: nothing there, no HTTP, no entrance, another place, or failing five times over.
    """
    operation = contract.operation
    said = ""
    for step in _probes(Samples(contract)):
        try:
            outcome = client.send(Request(operation.method, operation.path, JSON_HEADERS, step.raw(None)), tries=1)
        except UnreachableError as error:
            raise CannotJudgeError(f"{client.base_url}: {error}; is the server running at this address?") from None
        if isinstance(outcome, Breakdown):
            if outcome.kind in {"reset", "garbled"}:
                raise CannotJudgeError(f"{client.base_url}: no HTTP answer ({outcome.detail}); is this an HTTP server?")
            if outcome.kind == "silence":
                raise CannotJudgeError(
                    f"{client.base_url}: {outcome.detail}; is it the right server? A slow one needs a larger --timeout"
                )
            return single(step, "probe"), outcome
        said = _closed_door(contract, client, outcome)
        if not said:
            return single(step, "probe"), outcome
        if outcome.status == 429:
            time.sleep(retry_after(outcome, _LONGEST_WAIT_OF_A_PROBE))
    raise CannotJudgeError(f"{client.base_url}: {said} to {_PROBES} probes; try again when the server is well")


def _probes(samples: Samples) -> list[Step]:
    bodies = [samples.request(message=message) for message in samples.messages]
    bodies += [samples.request(name) for name in samples.optional]
    return [Step("the first request, a message alone", bodies[number % len(bodies)]) for number in range(_PROBES)]


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
