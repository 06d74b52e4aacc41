"""One comparison from beginning to end: read, judge, sum up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from chat_contract.errors import UsageError
from chat_contract.resources import fixtures_dir
from spec_gate.findings import Verdict
from spec_gate.impact.consumers import check_operations, read_consumers
from spec_gate.impact.find import ImpactInput, find_impact
from spec_gate.impact.fixtures import read_fixtures
from spec_gate.report.evidence import Evidence, FailOn, evidence
from spec_gate.source.documents import Document
from spec_gate.source.load import read_document
from spec_gate.source.origins import parse_origin
from spec_gate.verdict import judge


@dataclass(frozen=True)
class Options:
    """What is compared, and what counts."""

    base: str
    revision: str
    overlays: Sequence[Path] = ()
    base_overlays: Sequence[Path] = ()
    revision_overlays: Sequence[Path] = ()
    consumers: Sequence[Path] = ()
    fixtures: Path | None = None
    strict: bool = False
    fail_on: FailOn = "breaking"


def read(options: Options, stdin: BinaryIO) -> tuple[Document, Document]:
    """Read both documents; raises :class:`chat_contract.errors.KitError`."""
    if options.base == options.revision == "-":
        raise UsageError("only one of BASE and REVISION can be the standard input")
    base = read_document(parse_origin(options.base, stdin), (*options.overlays, *options.base_overlays))
    revision = read_document(parse_origin(options.revision, stdin), (*options.overlays, *options.revision_overlays))
    return base, revision


def read_asked(options: Options) -> ImpactInput:
    """Read what consumers declare and fixtures say; raises :class:`chat_contract.errors.DocumentError`."""
    fixtures = read_fixtures(fixtures_dir() if options.fixtures is None else options.fixtures)
    return ImpactInput(read_consumers(options.consumers), fixtures)


def run(
    options: Options, base: Document, revision: Document, asked: ImpactInput | None = None
) -> tuple[Verdict, Evidence]:
    """Judge the change; raises :class:`chat_contract.errors.DocumentError` where a document cannot be judged."""
    asked = asked or ImpactInput()
    verdict = judge(base, revision, asked.giving())
    surface = verdict.comparison.base
    check_operations(asked.consumers, {one.label for one in surface.operations.values()})
    hit = [replace(one, file=_near(one.file)) for one in find_impact(verdict, asked)]
    return verdict, evidence(verdict, hit, strict=options.strict, fail_on=options.fail_on)


def _near(file: str) -> str:
    """Name a file from the working directory where it lies below it, as reviewers and annotations know it."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file
