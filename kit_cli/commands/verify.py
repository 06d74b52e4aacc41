"""``chat-contract verify``: judges a server by the contract."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chat_contract import KitError, load_contract
from contract_tests.engine.headers import parse_headers
from contract_tests.engine.reports import RENDERERS, parse_report, write_report
from contract_tests.engine.secrets import Secrets, secrets_of
from contract_tests.engine.session import TIERS, Options, check_base_url, run
from kit_cli.exit_codes import CANNOT_JUDGE, FINDINGS, FINE
from kit_cli.options import OVERLAY, SPEC


class _HeaderLine(click.ParamType[str]):
    """A line of a header; in a variable of the environment each stands on a line of its own."""

    name = "header"
    envvar_list_splitter = "\n"


@click.command()
@click.argument("base_url")
@click.option(
    "-H",
    "--header",
    type=_HeaderLine(),
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Sent with every request; repeatable.",
)
@click.option("--expect-auth", is_flag=True, help="This server demands the key given by -H: try to get in without.")
@SPEC
@OVERLAY
@click.option("--strict", is_flag=True, help="Fail for broken SHOULD clauses too.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="The same seed sends the same.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Seconds a call may take.  [default: 10, or five times the probe's latency where that is more]",
)
@click.option("--quick", "tier", flag_value="quick", help=f"Send at most {TIERS['quick'].requests} requests.")
@click.option("--deep", "tier", flag_value="deep", help="Go on exploring as long as --max-time lasts.")
@click.option(
    "--max-time",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="Begin nothing more after so many seconds.",
)
@click.option(
    "--report",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help=f"Write a report ({', '.join(RENDERERS)}) to the file or, without one, to the output; repeatable.",
)
def verify(
    *,
    base_url: str,
    header: tuple[str, ...],
    expect_auth: bool,
    spec: Path | None,
    overlay: tuple[Path, ...],
    strict: bool,
    seed: int,
    timeout: float | None,
    tier: str | None,
    max_time: float | None,
    report: tuple[str, ...],
) -> None:
    """Judge whether the server at BASE_URL keeps the contract.

    BASE_URL stands for the contract's server URL: calls go to BASE_URL/chat.

    Exits with 0 if it conforms, 1 if it violates a clause, 2 if it could not be judged.
    """
    secrets = Secrets()
    try:
        given = parse_headers(header)
        secrets = secrets_of(given)
        wanted = [parse_report(option) for option in report] or [("text", None)]
        check_base_url(base_url)
        contract = load_contract(spec, overlay)
        result = run(
            contract,
            Options(
                base_url=base_url.rstrip("/"),
                headers=given,
                expect_auth=expect_auth,
                strict=strict,
                seed=seed,
                timeout=timeout,
                tier=tier or "default",
                max_time=max_time,
                progress=_progress,
            ),
        )
        if all(file is not None for _, file in wanted):
            wanted.append(("text", None))
        # What is shown comes first: a disk that fills up must not take the verdict with it.
        for name, file in sorted(wanted, key=lambda one: one[1] is not None):
            text = RENDERERS[name](result, given, secrets)
            if file is None:
                click.echo(text, nl=not text.endswith("\n"))
            else:
                write_report(file, text)
    except KitError as error:
        click.echo(f"could not judge: {secrets.hide(str(error))}", err=True)
        sys.exit(CANNOT_JUDGE)
    except OSError as error:
        click.echo(f"could not judge: the report cannot be written: {error}", err=True)
        sys.exit(CANNOT_JUDGE)
    sys.exit({"conforms": FINE, "violates": FINDINGS, "inconclusive": CANNOT_JUDGE}[result.verdict])


def _progress(done: int, total: int) -> None:
    """Show how far the run is: a line that moves in a terminal, one line in fifty requests elsewhere."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of about {total} requests", nl=done == total, err=True)
    elif done % 50 == 0:
        click.echo(f"{done} of about {total} requests", err=True)
