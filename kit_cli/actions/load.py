"""The work of ``chat-contract load``: check the options, run the load and write the reports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chat_contract import Contract, UsageError, load_contract
from chat_contract.exchange import Headers
from chat_contract.resources import fixtures_dir
from chat_load.launch import Access, Role, Swarm, check_network, require_locust, run_load
from chat_load.plan import Plan
from chat_load.report import RENDERERS
from chat_load.report.build import Limits, build_report
from chat_load.report.model import LoadReport, LoadVerdict
from chat_load.settings import Conversation, Settings
from chat_load.target import check_host, check_server
from kit_cli.credentials import key_headers
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import current_frame
from kit_cli.outputs import Output, write_outputs
from kit_cli.screen.load import LoadScreen
from kit_http.headers import check_one_credential, parse_headers
from kit_http.redaction.secrets import secrets_of
from kit_http.tokens import TokenCommand
from kit_http.urls import check_base_url, check_proxy
from kit_reports.targets import Target, parse_targets
from mock_server.shop.fixture_files import read_fixtures
from mock_server.shop.scenarios import Scenario, Stub

_EXIT_CODES = {
    LoadVerdict.CONFORMS: ExitCode.OK,
    LoadVerdict.VIOLATES: ExitCode.FINDINGS,
    LoadVerdict.LIMIT_EXCEEDED: ExitCode.FINDINGS,
    LoadVerdict.INTERRUPTED: ExitCode.CANNOT_RUN,
    LoadVerdict.NOTHING_JUDGED: ExitCode.CANNOT_RUN,
}


@dataclass(frozen=True)
class Arguments:
    """The command line of ``load``; every field is the option of its name. Times are in seconds."""

    base_url: str
    users: int
    spawn_rate: float
    run_time: float
    think_time: tuple[float, float]
    fixtures: Path | None
    wrong: float
    seed: int
    timeout: float
    allow_host: tuple[str, ...]
    header: tuple[str, ...]
    key_env: str | None
    key_as: str
    token_command: str | None
    ca_bundle: Path | None
    insecure: bool
    cert: Path | None
    key: Path | None
    proxy: str | None
    spec: Path | None
    overlay: tuple[Path, ...]
    max_p95: float | None
    max_error_rate: float | None
    processes: int
    master: bool
    expect_workers: int
    worker: bool
    master_host: str
    master_port: int
    web: bool
    web_port: int
    report: tuple[str, ...]


def load(arguments: Arguments) -> ExitCode:
    """Run a load and return the exit code of its verdict."""
    require_locust()
    swarm = _swarm(arguments)
    targets = parse_targets(arguments.report, RENDERERS, default=current_frame().default_report)
    contract = load_contract(arguments.spec, arguments.overlay)
    base_url = check_base_url(arguments.base_url).removesuffix(contract.operation.path)
    check_host(base_url, arguments.allow_host)
    _check_proxy(arguments)
    settings = _settings(arguments, base_url, contract)
    headers, all_headers = _headers(arguments)
    secrets = secrets_of(all_headers, arguments.proxy)
    current_frame().redact = secrets.hide
    check_network(swarm)
    plan = Plan(contract, settings.conversations, wrong=settings.wrong)
    if swarm.sends_requests:
        transport = settings.transport(arguments.proxy)
        transport.check()
        check_server(plan, base_url, all_headers, transport, arguments.timeout)
    if swarm.web_port is not None:
        current_frame().note(f"Locust's page: http://127.0.0.1:{swarm.web_port}/?tab=clauses")
    if swarm.role is Role.WORKER:
        current_frame().note(f"Waiting for the master at {swarm.master_host}:{swarm.master_port}.")
    with LoadScreen(sys.stderr, quiet=current_frame().quiet) as screen:
        outcome = run_load(settings, swarm, Access(headers, arguments.token_command, arguments.proxy), screen)
    if outcome.result is None:
        current_frame().note("The worker ended. Its master has the report.")
        return ExitCode.CANNOT_RUN if outcome.interrupted else ExitCode.OK
    limits = Limits(arguments.max_p95, arguments.max_error_rate)
    interrupted = outcome.interrupted
    report = build_report(contract, settings, swarm, outcome.result, interrupted=interrupted, limits=limits)
    return _write(report, targets)


def _write(report: LoadReport, targets: tuple[Target, ...]) -> ExitCode:
    verdict = _EXIT_CODES[report.verdict]

    def output(target: Target) -> Output:
        shown = verdict if target.format == "text" else None
        return Output(target.file, lambda: RENDERERS[target.format](report), shown)

    write_outputs([output(target) for target in targets])
    return verdict


def _swarm(arguments: Arguments) -> Swarm:
    """Return how the load is distributed; raise :class:`UsageError` for options that contradict each other."""
    if arguments.master and arguments.worker:
        raise UsageError("--master and --worker exclude each other. Remove one of them.")
    if arguments.master and arguments.processes > 1:
        raise UsageError("--processes starts its own master, so --master has no effect. Remove one of them.")
    if arguments.worker and arguments.web:
        raise UsageError("--web works only in the process that writes the report. Add it to the master.")
    role = Role.MASTER if arguments.master else Role.WORKER if arguments.worker else Role.ALONE
    return Swarm(
        arguments.users,
        arguments.spawn_rate,
        role,
        arguments.processes,
        arguments.expect_workers,
        arguments.master_host,
        arguments.master_port,
        arguments.web_port if arguments.web else None,
    )


def _check_proxy(arguments: Arguments) -> None:
    """Raise :class:`UsageError` unless the proxy can be used, and its host may get load."""
    check_proxy(arguments.proxy)
    if arguments.proxy is None:
        return
    if arguments.proxy.lower().startswith("https:"):
        raise UsageError("--proxy: load connects to a proxy by plain HTTP only. Write the URL with http://.")
    check_host(arguments.proxy, arguments.allow_host)


def _settings(arguments: Arguments, base_url: str, contract: Contract) -> Settings:
    conversations, skipped = read_conversations(arguments.fixtures, contract)
    return Settings(
        folder="",
        base_url=base_url,
        spec=_absolute(arguments.spec),
        overlays=tuple(str(path.resolve()) for path in arguments.overlay),
        conversations=conversations,
        wrong=arguments.wrong,
        think_time=arguments.think_time,
        timeout=arguments.timeout,
        seed=arguments.seed,
        run_time=arguments.run_time,
        skipped_turns=skipped,
        ca_bundle=_absolute(arguments.ca_bundle),
        cert=_absolute(arguments.cert),
        key=_absolute(arguments.key),
        insecure=arguments.insecure,
    )


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())


def read_conversations(folder: Path | None, contract: Contract) -> tuple[tuple[Conversation, ...], int]:
    """Return the conversations of the fixtures, as far as their turns can be sent, and the number of other turns."""
    fixtures = read_fixtures(fixtures_dir() if folder is None else folder, contract.response_schema(200))
    found = [Conversation(scenario.name, tuple(_turns(scenario))) for scenario in fixtures.scenarios]
    played = tuple(conversation for conversation in found if conversation.turns)
    turns = sum(len(scenario.stubs) for scenario in fixtures.scenarios)
    return played, turns - sum(len(conversation.turns) for conversation in played)


def _turns(scenario: Scenario) -> Iterator[tuple[str, ...]]:
    for stub in scenario.stubs:
        cue = stub.cue
        messages = (" ".join(cue.words),) if cue.words else cue.phrases
        if messages and not _is_failure(stub):
            yield messages


def _is_failure(stub: Stub) -> bool:
    """Return whether the fixtures define an error in place of a reply."""
    return stub.outcome is not None and (stub.outcome.status is not None or stub.outcome.fault is not None)


def _headers(arguments: Arguments) -> tuple[Headers, Headers]:
    """Return the headers for all requests, and the same with a first token of the command."""
    key = key_headers({"key_env": arguments.key_env, "key_as": arguments.key_as})
    headers = (*parse_headers(arguments.header), *key)
    tokens = () if arguments.token_command is None else TokenCommand(arguments.token_command).headers()
    check_one_credential((*headers, *tokens))
    return headers, (*headers, *tokens)
