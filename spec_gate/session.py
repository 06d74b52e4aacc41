"""One comparison from beginning to end: read, judge, sum up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from chat_contract.errors import UsageError
from spec_gate.documents import Document, read_document
from spec_gate.evidence import Evidence, FailOn, evidence
from spec_gate.origins import parse_origin
from spec_gate.verdict import Verdict, judge


@dataclass(frozen=True)
class Options:
    """What is compared, and what counts."""

    base: str
    revision: str
    overlays: Sequence[Path] = ()
    base_overlays: Sequence[Path] = ()
    revision_overlays: Sequence[Path] = ()
    strict: bool = False
    fail_on: FailOn = "breaking"


def read(options: Options, stdin: BinaryIO) -> tuple[Document, Document]:
    """Read both documents; raises :class:`chat_contract.errors.KitError`."""
    if options.base == options.revision == "-":
        raise UsageError("only one of BASE and REVISION can be the standard input")
    base = read_document(parse_origin(options.base, stdin), (*options.overlays, *options.base_overlays))
    revision = read_document(parse_origin(options.revision, stdin), (*options.overlays, *options.revision_overlays))
    return base, revision


def run(options: Options, base: Document, revision: Document) -> tuple[Verdict, Evidence]:
    """Judge the change; raises :class:`chat_contract.errors.DocumentError` where a document cannot be judged."""
    verdict = judge(base, revision)
    return verdict, evidence(verdict, strict=options.strict, fail_on=options.fail_on)
