"""Compares two documents: reads them, judges the change, finds its impact and builds the report."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from chat_contract.errors import DocumentError, DocumentsError, UsageError
from chat_contract.resources import fixtures_dir
from spec_gate.budget import Budget
from spec_gate.findings import Verdict
from spec_gate.impact.consumers import FILE, check_operations, read_consumers
from spec_gate.impact.find import ImpactInput, find_impact
from spec_gate.impact.fixtures import PATH, Fixtures, read_fixtures
from spec_gate.report.build import build_report
from spec_gate.report.formats import FailOn
from spec_gate.report.model import DiffReport, Outcome
from spec_gate.report.waivers import draft_waivers, load_waivers, unused_error
from spec_gate.selection import Selection
from spec_gate.severity.apply import apply_policy
from spec_gate.severity.policy import Policy
from spec_gate.source.documents import Document
from spec_gate.source.load import read_document
from spec_gate.source.origins import parse_origin
from spec_gate.verdict import judge


@dataclass(frozen=True)
class Options:
    """What to compare, and which findings fail.

    ``overlays`` apply to both documents. ``fixtures`` replaces the bundled fixtures. With ``strict_reading``, oddities
    of the documents are errors. With ``allow_ref_outside``, references may leave the repository or the folder.
    ``include`` and ``exclude`` are patterns of paths, ``severity`` sets the levels. ``max_time``
    is in seconds of the clock. ``within`` is a folder that references may not leave.
    """

    base: str
    revision: str
    overlays: Sequence[Path] = ()
    base_overlays: Sequence[Path] = ()
    revision_overlays: Sequence[Path] = ()
    consumers: Sequence[Path] = ()
    fixtures: Path | None = None
    waivers: Path | None = None
    strict: bool = False
    strict_reading: bool = False
    allow_ref_outside: bool = False
    severity: Policy = field(default_factory=Policy)
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    fail_on: FailOn = FailOn.BREAKING
    max_time: float | None = None
    within: Path | None = None


@dataclass(frozen=True)
class Compared:
    """The report, and the documents that it is about."""

    report: DiffReport
    base: Document
    revision: Document

    @property
    def is_inconclusive(self) -> bool:
        """Whether there was no time to decide a change, and findings matter."""
        return self.report.verdict is Outcome.INCONCLUSIVE and self.report.fail_on is not FailOn.NEVER

    def draft_waivers(self, today: dt.date) -> str:
        """Return a file with a draft waiver for each breaking change and warning."""
        return draft_waivers(self.report, today)

    def overlay(self) -> str:
        """Return an overlay that turns the base into the revision; raises :class:`UsageError` if none can."""
        from spec_gate.report.overlay import overlay_text  # noqa: PLC0415 - only --overlay-out needs it

        return overlay_text(self.base, self.revision)

    def check_waivers(self) -> None:
        """Raise :class:`chat_contract.errors.DocumentsError` if a waiver matches no finding."""
        if self.report.unused_waivers:
            raise unused_error(self.report)


def compare(
    options: Options, stdin: BinaryIO, today: dt.date, clock: Callable[[], float] = time.process_time
) -> Compared:
    """Compare two documents; raises :class:`chat_contract.errors.KitError` if that is not possible."""
    budget = Budget(options.max_time, clock)
    waivers = () if options.waivers is None else load_waivers(options.waivers, today)
    base, revision = _read_documents(options, stdin)
    given = ImpactInput(read_consumers(_consumer_files(options)), _read_fixtures(options, base))
    selection = Selection(tuple(options.include), tuple(options.exclude))
    judged = judge(base, revision, given.requested_examples(), selection, today=today, budget=budget)
    verdict = apply_policy(judged, options.severity)
    check_operations(given.consumers, _operations(verdict))
    report = build_report(
        verdict, find_impact(verdict, given), waivers, strict=options.strict, severity=options.severity.name,
        fail_on=options.fail_on,
    )  # fmt: skip
    return Compared(report, base, revision)


def _read_documents(options: Options, stdin: BinaryIO) -> tuple[Document, Document]:
    if options.base == options.revision == "-":
        raise UsageError("Only one of BASE and REVISION can be standard input.")
    sides = ((options.base, options.base_overlays), (options.revision, options.revision_overlays))
    documents: list[Document] = []
    errors: list[DocumentError] = []
    for name, overlays in sides:
        origin = parse_origin(name, stdin, allow_outside=options.allow_ref_outside, within=options.within)
        try:
            documents.append(read_document(origin, (*options.overlays, *overlays), strict=options.strict_reading))
        except DocumentError as error:
            errors.append(error)
        except DocumentsError as several:
            errors += several.errors
    if errors:
        raise DocumentsError(tuple(errors)) if len(errors) > 1 else errors[0]
    return documents[0], documents[1]


def _consumer_files(options: Options) -> Sequence[Path]:
    """Return the consumer files, with that of the working directory if there is one."""
    return tuple(dict.fromkeys((*options.consumers, *((FILE,) if FILE.exists() else ()))))


def _read_fixtures(options: Options, base: Document) -> Fixtures | None:
    """Read the fixtures; the bundled ones matter only for documents of the chat service."""
    if options.fixtures is not None:
        return read_fixtures(options.fixtures)
    paths = base.root.get("paths")
    return read_fixtures(fixtures_dir()) if isinstance(paths, dict) and PATH in paths else None


def _operations(verdict: Verdict) -> set[str]:
    return {operation.label for operation in verdict.comparison.base.operations.values()}
