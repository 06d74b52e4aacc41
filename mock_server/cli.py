"""The command that serves the mock: ``chat-contract mock`` and ``python -m mock_server``."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit_options.contract import OVERLAY, SPEC
from kit_options.lines import Line
from kit_options.numbers import Seed, WholeNumber
from mock_server import defaults
from mock_server.limit_options import with_limit_options
from mock_server.mask_options import masks_of, with_mask_options
from mock_server.upstream_options import with_upstream_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from kit_http.redaction.personal import Masks
    from mock_server.loading.options import Options
    from mock_server.recorder.serve import Captured

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--host", default=defaults.HOST, show_default=True, metavar="HOST", help="Address to listen on.")
@click.option(
    "--port",
    type=WholeNumber(0, 65535, noun="a port"),
    default=defaults.PORT,
    show_default=True,
    metavar="PORT",
    help="Port to listen on; 0 picks a free port.",
)
@click.option(
    "--fixtures",
    type=_FILE,
    metavar="DIR",
    help="Serve the catalogue and conversations in this folder, not the bundled ones.",
)
@SPEC
@OVERLAY
@click.option(
    "--latitude",
    default="documented",
    show_default=True,
    metavar="NAME|FILE",
    help="How to respond where the contract leaves behaviour unspecified: documented, fastapi, forbid, or a profile "
    "written by verify --profile-out.",
)
@click.option("--seed", type=Seed(), metavar="N", help="Make ids, delays, faults and generated values repeatable.")
@click.option("--delay", metavar="TIME", help="Delay each response: 800ms, 300ms..2s, or 'median=800ms p95=3s'.")
@click.option(
    "--fault-rate",
    metavar="FAULT=SHARE,…",
    help="Make a share of the responses fail, for example drop=0.02,500=0.01.",
)
@click.option(
    "--require-key", metavar="KEY", help="Require this key as a Bearer token or X-API-Key; return 401 without it."
)
@click.option("--rate-limit", metavar="N/UNIT", help="Return 429 above this rate, for example 10/s or 100/min.")
@click.option(
    "--cors-origin",
    type=Line(),
    metavar="ORIGIN",
    multiple=True,
    help="Allow cross-origin requests from this origin, besides origins on this machine. * allows all. Repeatable.",
)
@click.option(
    "--allowed-host",
    type=Line(),
    metavar="NAME",
    multiple=True,
    help="Accept this name of the mock in the Host header of requests to /_mock/, besides localhost. Repeatable.",
)
@click.option("--tls-cert", type=_FILE, metavar="FILE", help="Serve HTTPS with this certificate (PEM).")
@click.option("--tls-key", type=_FILE, metavar="FILE", help="Private key of the certificate (PEM).")
@click.option(
    "--control-token",
    metavar="TOKEN",
    help="Require this token in X-Mock-Token for requests to the control API. Set it in the environment variable "
    "CHAT_CONTRACT_MOCK_CONTROL_TOKEN: other users can see options in the list of processes.",
)
@click.option(
    "--store",
    metavar="URL",
    help="Share conversations, spaces, rules and journal with other replicas in this Redis: "
    "redis://HOST:PORT/DATABASE, or rediss:// for TLS. ?prefix=NAME keeps groups of replicas apart.",
)
@click.option(
    "--conversation-ttl",
    metavar="TIME",
    help="With --store, delete state that nobody has used for this time: 90s, 30min or 12h.  [default: 1d]",
)
@with_limit_options
@click.option(
    "--upstream",
    metavar="URL",
    help="Forward requests to this service if no fixture conversation matches.",
)
@click.option(
    "--upstream-key-env",
    metavar="NAME",
    help="Send the key in this environment variable to the upstream, as a Bearer token, instead of the client's.",
)
@with_upstream_options
@click.option(
    "--record",
    type=_FILE,
    metavar="DIR",
    help="With --upstream, record the forwarded exchanges as fixtures in this folder.",
)
@with_mask_options
@click.option(
    "--log",
    type=click.Choice(["text", "json", "none"]),
    default="none",
    show_default=True,
    help="Log each request on standard error: method, path, status, duration and source of the response.",
)
@click.option(
    "--exit-with-parent",
    is_flag=True,
    help="Stop when the process that started the mock ends; for test runners and scripts (not on Windows).",
)
@click.option(
    "--workers",
    type=WholeNumber(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of processes that serve the port; more than one needs --store (not on Windows).",
)
@click.option(
    "--ready-json",
    is_flag=True,
    help="When the mock is ready, print one line of JSON with url (base URL for clients), base (address of the "
    "server), pid and version.",
)
def mock(
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    *,
    log: str,
    exit_with_parent: bool,
    ready_json: bool,
    workers: int,
    record: Path | None,
    mask: tuple[str, ...],
    mask_name: tuple[str, ...],
    request_timeout: float,
    write_timeout: float,
    max_connections: int,
    max_waiting: int,
    max_held_bytes: int,
    max_unread_bytes: int,
    **given: Any,
) -> None:
    """Serve a mock of the chat service that responds from fixtures and validates every request.

    Exit codes: 0 (stopped by Ctrl-C or SIGTERM), 2 (cannot start).
    """
    # Nothing that is made before the mock serves becomes garbage; looking for it takes a tenth of the start-up time.
    gc.disable()
    try:
        # Imported here because --help needs none of them.
        from mock_server.loading.load import read_snapshot  # noqa: PLC0415
        from mock_server.loading.options import read_options  # noqa: PLC0415
        from mock_server.output import Output  # noqa: PLC0415
        from mock_server.server.arguments import hide_password  # noqa: PLC0415
        from mock_server.server.limits import ServerLimits  # noqa: PLC0415
        from mock_server.server.serve import Listening, serve  # noqa: PLC0415

        limits = ServerLimits(
            request_timeout, write_timeout, max_connections, max_waiting, max_held_bytes, max_unread_bytes
        )
        options = read_options({**given, "own_name": host.lower()})
        hide_password(options.store)
        snapshot = read_snapshot(options)
        masks = {"mask": mask, "mask_name": mask_name}
        output = Output(sys.stderr)
        captured = None if record is None else _captured(options, record, masks_of(masks), output.say)
    finally:
        gc.enable()
    listening = Listening(host, port, tls_cert, tls_key, exit_with_parent, ready_json, limits, workers)
    written = None if log == "none" else log
    serve(snapshot, listening, written, None if captured is None else captured.open, output)
    if captured is not None:
        captured.end()
    output.end()


def _captured(options: Options, record: Path, masks: Masks, say: Callable[[str], None]) -> Captured:
    """Return the recording of what the mock forwards."""
    from chat_contract import load_contract  # noqa: PLC0415 - rarely needed
    from mock_server.recorder.serve import Captured, Plan  # noqa: PLC0415 - as above
    from mock_server.respond.relay import credentials  # noqa: PLC0415 - as above

    if options.upstream is None:
        raise click.UsageError("--record requires --upstream. Add --upstream URL.")
    plan = Plan(options.upstream, record, credentials(options), options.spec, options.overlays, masks=masks)
    return Captured(load_contract(plan.spec, plan.overlays), plan, say)
