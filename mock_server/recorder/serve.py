"""Serves the recorder."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chat_contract import load_contract
from chat_contract.exchange import Headers
from kit_http.redaction.secrets import secrets_of
from mock_server.recorder.app import RecorderApp
from mock_server.recorder.folder import open_folder
from mock_server.recorder.recording import Recording
from mock_server.respond.upstream import Limits, Upstream
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


def record(plan: Plan, listening: Listening) -> None:
    """Record until Ctrl-C or SIGTERM; raises :class:`chat_contract.KitError` before it serves or changes anything."""
    contract = load_contract(plan.spec, plan.overlays)
    upstream = Upstream(plan.upstream, headers=plan.headers, limits=plan.limits)
    recording = Recording(
        contract,
        open_folder(plan.out, contract.response_schema(200)),
        say=partial(print, flush=True),
        secrets=lambda headers: secrets_of((*plan.headers, *headers)).leaked,
    )
    operation = contract.operation

    def announce(origin: str) -> None:
        url = f"{origin}{operation.base_path}{operation.path}"
        print(f"Recorder ready: {operation.method} {url}", flush=True)
        print(f"  from {plan.upstream} into {plan.out}. Press Ctrl-C to stop.", flush=True)

    app = RecorderApp(contract, upstream, recording, cors_origins=plan.cors_origins)
    Server(app, listening, announce, close=upstream.close).run()
