"""Serves the recorder."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chat_contract import KitError, load_contract
from chat_contract.exchange import Headers
from kit_http.redaction.secrets import secrets_of
from kit_http.transport import Transport
from mock_server.recorder.app import RecorderApp
from mock_server.recorder.folder import open_folder
from mock_server.recorder.recording import Recording
from mock_server.respond.upstream import Limits, Upstream
from mock_server.server.asgi import Receive, Scope, Send
from mock_server.server.serve import Listening, Server


@dataclass(frozen=True)
class Plan:
    """What to record. ``headers`` are sent to the upstream instead of the client's."""

    upstream: str
    out: Path
    headers: Headers = ()
    spec: Path | None = None
    overlays: tuple[Path, ...] = ()
    cors_origins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    transport: Transport = field(default_factory=Transport)


def record(plan: Plan, listening: Listening) -> None:
    """Record until Ctrl-C or SIGTERM; raises :class:`chat_contract.KitError` before it serves or changes anything."""
    contract = load_contract(plan.spec, plan.overlays)
    upstream = Upstream(plan.upstream, headers=plan.headers, limits=plan.limits, transport=plan.transport)
    operation = contract.operation

    def announce(origin: str) -> None:
        url = f"{origin}{operation.base_path}{operation.path}"
        print(f"Recorder ready: {operation.method} {url}", flush=True)
        print(f"  from {plan.upstream} into {plan.out}. Press Ctrl-C to stop.", flush=True)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await recorder(scope, receive, send)

    # The server comes first: if the port is taken, no folder is made.
    server = Server(app, listening, announce, close=upstream.close)
    try:
        folder = open_folder(plan.out, contract.response_schema(200))
    except KitError:
        server.listener.close()
        raise
    recording = Recording(
        contract,
        folder,
        say=partial(print, flush=True),
        secrets=lambda headers: secrets_of((*plan.headers, *headers)).leaked,
    )
    recorder = RecorderApp(contract, upstream, recording, cors_origins=plan.cors_origins)
    server.run()
