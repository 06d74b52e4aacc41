"""Serves the recorder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chat_contract import Contract, KitError, UsageError, load_contract
from chat_contract.exchange import Exchange, Headers, Response
from kit_http.har import HarLimits
from kit_http.redaction.personal import NO_MASKS, Masks
from kit_http.redaction.secrets import cookies_set_by, credentials_in_query, is_credential, secrets_of
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport
from kit_reports.counting import count_of
from kit_reports.visible import visible
from mock_server import defaults
from mock_server.http.access import Access
from mock_server.output import Output
from mock_server.recorder.app import RecorderApp
from mock_server.recorder.background import Background
from mock_server.recorder.folder import open_folder
from mock_server.recorder.from_har import exchanges_in
from mock_server.recorder.recording import MAX_CREDENTIALS, Recording
from mock_server.respond.relay import Capture
from mock_server.respond.upstream import Limits, Upstream
from mock_server.server.asgi import Receive, Scope, Send
from mock_server.server.serve import Listening, Server

_SWITCH_SECONDS = 0.0005


@dataclass(frozen=True)
class Plan:
    """What to record. ``headers`` are sent to the upstream instead of the client's."""

    upstream: str | None
    out: Path | None
    """None previews: nothing is written."""
    headers: Headers = ()
    spec: Path | None = None
    overlays: tuple[Path, ...] = ()
    access: Access = field(default_factory=Access)
    """Who may send requests that get the headers. Its origins may read responses."""
    forward_all: bool = False
    """Forward all paths and methods, not only those of the operation."""
    max_body: int = defaults.MAX_BODY
    """Bytes of the bodies that are forwarded."""
    limits: Limits = field(default_factory=Limits)
    transport: Transport = field(default_factory=Transport)
    masks: Masks = NO_MASKS
    tokens: TokenCommand | None = None

    @property
    def has_key(self) -> bool:
        """Whether requests get a credential: a header, a token or a client certificate."""
        return bool(self.headers) or self.tokens is not None or self.transport.cert is not None


def record(plan: Plan, listening: Listening) -> None:
    """Record until Ctrl-C or SIGTERM; raises :class:`chat_contract.KitError` before it serves or changes anything."""
    contract = load_contract(plan.spec, plan.overlays)
    if plan.upstream is None:
        raise UsageError("the URL of the service is missing. Add it, or import an archive with --from-har FILE.")
    upstream = Upstream(
        plan.upstream, headers=plan.headers, tokens=plan.tokens, limits=plan.limits, transport=plan.transport
    )
    operation = contract.operation

    def announce(origin: str) -> None:
        url = f"{origin}{operation.base_path}{operation.path}"
        print(f"Recorder ready: {operation.method} {url}", flush=True)
        into = "as a preview" if plan.out is None else f"into {plan.out}"
        print(f"  from {plan.upstream} {into}. Press Ctrl-C to stop.", flush=True)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await recorder(scope, receive, send)

    async def close() -> None:
        await recorder.close()

    # The server comes first: if the port is taken, no folder is made.
    server = Server(app, listening, announce, close=close)
    # While one thread records, the event loop waits this long for each of its turns.
    sys.setswitchinterval(_SWITCH_SECONDS)
    output = Output(sys.stdout)
    try:
        recording = open_recording(contract, plan, output.say)
    except KitError:
        server.listener.close()
        raise
    recorder = RecorderApp(
        contract,
        upstream,
        Background(recording.add, output.say),
        access=plan.access,
        has_key=plan.has_key,
        forward_all=plan.forward_all,
        max_body=plan.max_body,
        limits=listening.limits,
    )
    server.run()
    try:
        recording.end()
    finally:
        output.end()


def open_recording(contract: Contract, plan: Plan, say: Callable[[str], None]) -> Recording:
    """Open the folder of the plan. Raises :class:`chat_contract.KitError` if that is not possible."""
    folder = None if plan.out is None else open_folder(plan.out, contract.response_schema(200))
    return Recording(
        contract,
        folder,
        say=say,
        secrets=partial(_key_test, plan),
        masks=plan.masks,
    )


class Captured:
    """A recording whose folder is opened once the server has its port."""

    def __init__(self, contract: Contract, plan: Plan, say: Callable[[str], None]) -> None:
        self._contract = contract
        self._plan = plan
        self._say = say
        self._recording: Recording | None = None
        self._background: Background | None = None

    def open(self) -> Capture:
        """Open the folder, and return what records an exchange. Raise :class:`chat_contract.KitError`."""
        self._recording = open_recording(self._contract, self._plan, self._say)
        self._background = Background(self._recording.add, self._say)
        return self._background.add

    def end(self) -> None:
        """Save what waits. Raise :class:`chat_contract.KitError` if that is not possible."""
        if self._recording is not None and self._background is not None:
            self._background.end()
            self._recording.end()


def _key_test(plan: Plan, exchange: Exchange, query: str) -> Callable[[str], bool] | None:
    """Return a test whether a text contains a credential; None if the exchange has more of them than are searched."""
    foreign = (*exchange.request.headers, *_other_credentials(exchange, query))
    if sum(len(value) for name, value in foreign if is_credential(name)) > MAX_CREDENTIALS:
        return None
    return secrets_of((*plan.headers, *_token_headers(plan), *foreign)).contained_in


def _other_credentials(exchange: Exchange, query: str) -> Headers:
    """Return the credentials in the query, and the cookies that the service sets."""
    received = exchange.outcome.headers if isinstance(exchange.outcome, Response) else ()
    return (*credentials_in_query(query), *cookies_set_by(received))


def _token_headers(plan: Plan) -> Headers:
    return () if plan.tokens is None else plan.tokens.all_headers


def import_har(file: Path, plan: Plan, limits: HarLimits) -> None:
    """Record the exchanges of an archive; raises :class:`chat_contract.KitError` before it changes anything."""
    contract = load_contract(plan.spec, plan.overlays)
    found = exchanges_in(file, contract, plan.upstream, limits)
    recording = open_recording(contract, plan, lambda line: print(visible(line), flush=True))
    recorded = [recording.add(each.exchange, each.seconds, each.query) for each in found]
    recording.end()
    saved = sum(each.saved is not None for each in recorded)
    print(f"{count_of(len(recorded), 'exchange')} read, {saved} saved.", flush=True)
