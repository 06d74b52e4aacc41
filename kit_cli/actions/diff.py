"""The work of ``chat-contract diff``: compare two documents and write the reports, draft waivers and overlay."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import current_frame
from kit_cli.outputs import Output, write_outputs
from kit_reports.targets import parse_targets, writable
from spec_gate.report.formats import FORMATS, FailOn

if TYPE_CHECKING:
    from spec_gate.compare import Compared


@dataclass(frozen=True)
class Arguments:
    """The command line of ``diff``; every field is the argument or option of its name."""

    base: str
    revision: str
    overlay: tuple[Path, ...]
    base_overlay: tuple[Path, ...]
    revision_overlay: tuple[Path, ...]
    consumers: tuple[Path, ...]
    fixtures: Path | None
    strict_reading: bool
    allow_ref_outside: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    severity: str
    max_time: float
    strict: bool
    fail_on: str
    waivers: Path | None
    write_waivers: Path | None
    overlay_out: Path | None
    report: tuple[str, ...]


def _exit_code(compared: Compared) -> ExitCode:
    if compared.report.fails:
        return ExitCode.FINDINGS
    return ExitCode.CANNOT_RUN if compared.is_inconclusive else ExitCode.OK


def diff(arguments: Arguments) -> ExitCode:
    """Compare the documents, write all outputs, and return the exit code of the verdict."""
    targets = parse_targets(arguments.report, FORMATS, default=current_frame().default_report)
    for file, option in ((arguments.write_waivers, "--write-waivers"), (arguments.overlay_out, "--overlay-out")):
        if file is not None:
            writable(file, option)
    # The gate loads the schema libraries; wrong options do not wait for them.
    from spec_gate.compare import Options, compare  # noqa: PLC0415
    from spec_gate.report.render import render  # noqa: PLC0415
    from spec_gate.severity.read import read_policy  # noqa: PLC0415

    today = dt.datetime.now(tz=dt.UTC).date()
    options = Options(
        base=arguments.base,
        revision=arguments.revision,
        overlays=arguments.overlay,
        base_overlays=arguments.base_overlay,
        revision_overlays=arguments.revision_overlay,
        consumers=arguments.consumers,
        fixtures=arguments.fixtures,
        waivers=arguments.waivers,
        strict=arguments.strict,
        max_time=arguments.max_time,
        strict_reading=arguments.strict_reading,
        allow_ref_outside=arguments.allow_ref_outside,
        severity=read_policy(arguments.severity),
        include=arguments.include,
        exclude=arguments.exclude,
        fail_on=FailOn(arguments.fail_on),
    )
    compared = compare(options, sys.stdin.buffer, today)
    verdict = _exit_code(compared)
    outputs = [
        Output(
            target.file, partial(render, compared.report, target.format), verdict if target.format == "text" else None
        )
        for target in targets
    ]
    if arguments.write_waivers is not None:
        outputs.append(Output(arguments.write_waivers, partial(compared.draft_waivers, today), verbatim=True))
    if arguments.overlay_out is not None:
        outputs.append(Output(arguments.overlay_out, compared.overlay, verbatim=True))
    write_outputs(outputs)
    compared.check_waivers()
    return verdict
