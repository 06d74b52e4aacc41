"""``chat-contract parity``: whether two servers answer alike, such as the mock and staging."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from chat_contract import KitError, load_contract
from chat_contract.exchange import Headers
from chat_verifier.findings.parity import Difference, compared, differences
from chat_verifier.findings.verdict import RunResult
from chat_verifier.verify import Options, run
from kit_cli.credentials import key_of
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, current_frame
from kit_cli.options import OVERLAY, SPEC
from kit_cli.progress import Meter
from kit_http.headers import check_one_credential, parse_headers
from kit_http.redaction.secrets import secrets_of
from kit_http.transport import Transport

_POSITIVE = click.FloatRange(min=0, min_open=True)
_WIDTH = 120


@click.command(cls=Command, cannot="compare")
@click.argument("url_a")
@click.argument("url_b")
@click.option("--header-a", multiple=True, metavar="'NAME: VALUE'", help="Sent to URL_A; repeatable.")
@click.option("--header-b", multiple=True, metavar="'NAME: VALUE'", help="Sent to URL_B; repeatable.")
@click.option("--key-env-a", metavar="NAME", help="Send URL_A the key that this variable of the environment holds.")
@click.option("--key-env-b", metavar="NAME", help="Send URL_B the key that this variable of the environment holds.")
@click.option("--ca-bundle", type=click.Path(path_type=Path), metavar="FILE", help="Certificates to trust.")
@click.option("--insecure", is_flag=True, help="Trust any certificate.")
@SPEC
@OVERLAY
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="The same seed sends the same.")
@click.option("--max-requests", type=click.IntRange(min=1), metavar="N", help="Send each at most so many.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N", help="In flight.")
@click.option("--timeout", type=_POSITIVE, metavar="S", help="Seconds a call may take.")
@click.option("--json", "as_json", is_flag=True, help="Write the differences as JSON.")
def parity(url_a: str, url_b: str, **given: Any) -> ExitCode:
    """Send the same calls to two servers and show where they differ.

    Both stand for the contract's server URL: calls go to URL_A/chat and URL_B/chat.

    Exits with 0 if they answer alike, 1 if they differ, 2 if they could not be compared.
    """
    keys = [_headers(given, side) for side in "ab"]
    secrets = secrets_of((*keys[0], *keys[1]))
    current_frame().redact = secrets.hide
    first, second = (_run(url, headers, given) for url, headers in zip((url_a, url_b), keys, strict=True))
    found = differences(first, second)
    together = compared(first, second)
    if not together:
        raise KitError("no request was answered by both servers. Raise --max-requests.")
    click.echo(secrets.hide((_json if given["as_json"] else _text)(first, second, found, together)), nl=False)
    return ExitCode.FINDINGS if found else ExitCode.OK


def _headers(given: dict[str, Any], side: str) -> Headers:
    headers = parse_headers(given[f"header_{side}"], f"--header-{side}")
    name = given[f"key_env_{side}"]
    if name is not None:
        key = key_of(f"--key-env-{side}", name)
        headers = (*headers, *parse_headers((f"Authorization: Bearer {key}",)))
    check_one_credential(headers)
    return headers


def _run(url: str, headers: Headers, given: dict[str, Any]) -> RunResult:
    with Meter(sys.stderr, quiet=current_frame().quiet) as meter:
        return run(
            load_contract(given["spec"], given["overlay"]),
            Options(
                base_url=url.rstrip("/"),
                headers=headers,
                seed=given["seed"],
                timeout=given["timeout"],
                max_requests=given["max_requests"],
                workers=given["workers"],
                transport=Transport(ca_bundle=given["ca_bundle"], insecure=given["insecure"]),
                progress=meter,
            ),
        )


def _text(first: RunResult, second: RunResult, found: list[Difference], together: int) -> str:
    sides = f"A {first.base_url}\nB {second.base_url}\n"
    if not found:
        return f"ALIKE: {together} requests were answered alike\n{sides}"
    table = Table(box=None, pad_edge=False)
    for heading in ("what", "about", "A", "B", "seen"):
        table.add_column(heading, overflow="fold")
    for difference in found:
        shown = f"{difference.seen}× {difference.example}" if difference.example else ""
        table.add_row(difference.aspect, difference.about, difference.a, difference.b, shown)
    console = Console(width=_WIDTH, color_system=None, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(table)
    return f"DIFFERENT in {len(found)} ways, over {together} requests\n{sides}\n{capture.get()}"


def _json(first: RunResult, second: RunResult, found: list[Difference], together: int) -> str:
    document = {
        "a": first.base_url,
        "b": second.base_url,
        "requests": together,
        "alike": not found,
        "differences": [difference.as_json() for difference in found],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
