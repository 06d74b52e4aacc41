"""The work of ``chat-contract doctor``: run every check and write the reports."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kit_cli.doctor.machine import check_machine
from kit_cli.doctor.model import Check, Finding, Status, build_report, problem
from kit_cli.doctor.render import RENDERERS
from kit_cli.exit_codes import ExitCode
from kit_cli.installation import installation
from kit_cli.main import all_commands, config_path
from kit_cli.outputs import Output, write_outputs
from kit_reports.targets import Target


def examine(given: Mapping[str, Any], targets: tuple[Target, ...]) -> ExitCode:
    """Run the checks, write the reports, and return the exit code."""
    report = build_report(_findings(given))
    verdict = ExitCode.FINDINGS if report.status is Status.PROBLEM else ExitCode.OK

    def output(target: Target) -> Output:
        shown = verdict if target.format == "text" else None
        return Output(target.file, partial(RENDERERS[target.format], report), shown)

    write_outputs(map(output, targets))
    return verdict


def _findings(given: Mapping[str, Any]) -> Iterator[Finding]:
    yield from check_machine(os.environ)
    try:
        from kit_cli.doctor.setup import check_setup  # noqa: PLC0415 - it imports packages that may be missing

        commands = all_commands()
        yield from check_setup(config_path(), list(_arguments(given)), Path.cwd(), os.environ, commands)
    except ImportError as error:
        fix = f"Install the kit again: {installation().command()}"
        yield problem(Check.PACKAGES, f"the mock cannot start: {error}", fix)


def _arguments(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options for the mock."""
    for name, value in given.items():
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                yield from (f"--{name}", str(each))
