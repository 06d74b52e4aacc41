"""``chat-contract mock``: serves the mock."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chat_contract import KitError
from kit_cli.options import OVERLAY, SPEC
from mock_server.blueprint import DEFAULT_MAX_BODY, read_blueprint
from mock_server.serve import DEFAULT_HOST, DEFAULT_PORT, serve

_CANNOT_START = 2


@click.command()
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 picks a free one."
)
@click.option(
    "--fixtures", type=click.Path(path_type=Path), metavar="DIR", help="Catalogue and conversations to serve."
)
@SPEC
@OVERLAY
@click.option("--seed", type=int, metavar="N", help="Make new conversation ids repeatable.")
@click.option(
    "--max-body",
    type=click.IntRange(min=1),
    default=DEFAULT_MAX_BODY,
    show_default=True,
    metavar="BYTES",
    help="A larger body gets 413.",
)
def mock(
    *,
    host: str,
    port: int,
    fixtures: Path | None,
    spec: Path | None,
    overlay: tuple[Path, ...],
    seed: int | None,
    max_body: int,
) -> None:
    """Serve a mock of the chat service, which answers from fixtures and checks every request.

    Exits with 2 if it cannot start: the port is taken, or a document cannot be served.
    """
    try:
        blueprint = read_blueprint(fixtures=fixtures, spec=spec, overlays=overlay, seed=seed, max_body=max_body)
        serve(blueprint, host=host, port=port)
    except KitError as error:
        click.echo(f"chat-contract mock: {error}", err=True)
        sys.exit(_CANNOT_START)
