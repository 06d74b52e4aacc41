"""Serves the recorder, and puts its parts together in the worker's process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from flask import Flask
from granian.constants import Interfaces

from chat_contract import load_contract
from chat_contract.exchange import Headers
from kit_http.redaction.secrets import secrets_of
from mock_server.recorder.app import create_app
from mock_server.recorder.folder import open_folder
from mock_server.recorder.recording import Recording
from mock_server.respond.upstream import Upstream
from mock_server.server.serve import Listening, listen_to_parent_only, run_server

DEFAULT_PORT = 4011
_THREADS = 64
"""As many requests may wait for the service at once."""


@dataclass(frozen=True)
class Plan:
    """What to record: plain data, so that it can be handed to the worker.

    ``headers`` are sent in the place of the client's.
    """

    upstream: str
    out: Path
    headers: Headers = ()
    spec: Path | None = None
    overlays: tuple[Path, ...] = ()
    cors_origins: tuple[str, ...] = ()


def record(plan: Plan, listening: Listening) -> None:
    """Record until told to stop; raises :class:`chat_contract.KitError` before anything is served, or changed."""
    contract = load_contract(plan.spec, plan.overlays)
    Upstream(plan.upstream)
    open_folder(plan.out, contract.response_schema(200))
    operation = contract.operation

    def announce(origin: str) -> None:
        print(f"Recording {operation.method} {origin}{operation.base_path}{operation.path}", flush=True)
        print(f"  from {plan.upstream} into {plan.out}; Ctrl-C stops it.", flush=True)

    run_server(
        partial(load_worker, plan),
        listening,
        announce,
        interface=Interfaces.WSGI,
        blocking_threads=_THREADS,
    )


def load_worker(plan: Plan, told: Connection) -> Flask:
    """Build the proxy in the worker's process."""
    listen_to_parent_only(told, lambda: None)
    contract = load_contract(plan.spec, plan.overlays)
    recording = Recording(
        contract,
        open_folder(plan.out, contract.response_schema(200)),
        say=partial(print, flush=True),
        secrets=lambda headers: secrets_of((*plan.headers, *headers)).leaked,
    )
    return create_app(
        contract, Upstream(plan.upstream, headers=plan.headers), recording, cors_origins=plan.cors_origins
    )
