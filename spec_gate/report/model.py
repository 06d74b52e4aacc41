"""The report of a comparison as data: all renderers take it, and the JSON report is this model.

``report.schema.json`` describes the JSON form. The model holds no sentences: rules, levels, reasons and remarks are
ids, and :mod:`spec_gate.report.texts` has the sentence of each. ``rejection`` is a message of the schema validator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from spec_gate.differ.changes import ChangeKind, Part, PartKind
from spec_gate.findings import Note, NoteKind, ProofKind
from spec_gate.prove.proof import Undecided
from spec_gate.prove.witnesses import DocumentRole, Rejection, RejectionKind, WitnessKind
from spec_gate.report.formats import FailOn
from spec_gate.rules.rule import Level
from spec_gate.source.notes import Oddity

__all__ = [
    "ChangeKind",
    "DocumentRole",
    "FailOn",
    "Level",
    "Note",
    "NoteKind",
    "Oddity",
    "Part",
    "PartKind",
    "ProofKind",
    "Rejection",
    "RejectionKind",
    "Undecided",
    "WitnessKind",
]  # fmt: skip

FORMAT: Literal["chat-contract-diff"] = "chat-contract-diff"
FORMAT_VERSION: Literal[1] = 1
SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


class Outcome(StrEnum):
    """Verdict of a comparison: the highest level of the findings that are not waived."""

    BREAKING = "breaking"
    INCONCLUSIVE = "inconclusive"
    """No change is breaking, but the time for proofs was over before every change was decided."""
    WARNING = "warning"
    COMPATIBLE = "compatible"


class ChangeSize(StrEnum):
    """Step of a semantic version."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"
    NONE = "none"


class VersionRemarkKind(StrEnum):
    """A version in the revision that does not match the change."""

    DOCUMENT_VERSION = "document-version"
    PATH_VERSION = "path-version"


class ClauseSign(StrEnum):
    """How a server that follows the revision violates a clause."""

    ACCEPTS_REQUEST = "accepts-request"
    REJECTS_REQUEST = "rejects-request"
    RETURNS_BODY = "returns-body"
    RETURNS_STATUS = "returns-status"
    RETURNS_MEDIA_TYPE = "returns-media-type"
    HAS_OPERATION = "has-operation"
    NEEDS_NO_KEY = "needs-no-key"
    CHANGES_DEFAULT = "changes-default"


@dataclass(frozen=True)
class Tool:
    """The program that wrote the report."""

    name: str
    version: str


@dataclass(frozen=True)
class ComparedDocument:
    """One of the two documents: its name, its version of OpenAPI and its ``info.version``."""

    name: str
    openapi: str
    version: str


@dataclass(frozen=True)
class Location:
    """A place in a file: line counted from 1, JSON Pointer."""

    file: str
    line: int
    pointer: str

    @property
    def path(self) -> str:
        """The file without its revision, for systems that show places in the repository."""
        return self.file.split(":", 2)[-1] if self.file.startswith("git:") else self.file


@dataclass(frozen=True)
class Payload:
    """A JSON value; the wrapper tells null from absent.

    ``abridged`` says that large parts are described in angle brackets, such as a string of 200,000 characters.
    """

    value: Any
    abridged: bool = False


@dataclass(frozen=True)
class Witness:
    """A concrete message that one document allows and the other rejects.

    ``line`` is the request line or status line, ``value`` the parameter or header value that shows the change.
    ``rejection`` is the reason of the rejecting document.
    """

    kind: WitnessKind
    allowed_by: DocumentRole
    rejected_by: DocumentRole
    line: str
    headers: Mapping[str, str]
    body: Payload | None
    value: Payload | None
    rejection: Rejection


@dataclass(frozen=True)
class AppliedWaiver:
    """Waiver of a finding; ``expires`` is an ISO date."""

    reason: str
    owner: str
    expires: str


@dataclass(frozen=True)
class FurtherUse:
    """What the same edit means in another part of the exchange, for example in replies."""

    rule: str
    level: Level
    operations: tuple[str, ...]
    part: Part | None
    path: str
    proof: ProofKind
    witness: Witness | None


@dataclass(frozen=True)
class Occurrence:
    """One place of an edit that is written several times, with the operations and the response that it is about."""

    operations: tuple[str, ...]
    status: str
    base: Location | None
    revision: Location | None


@dataclass(frozen=True)
class ReportedFinding:
    """One edit with its level.

    ``title`` is a sentence for readers, with names between backticks; programs use ``rule``. ``folded`` are further
    rules that name the same edit, ``also`` what it means elsewhere. ``operations`` are all that the edit affects.
    ``level_set_by`` names what set a level other than the usual one. ``part`` and ``path`` are
    about the operations in ``here``. ``occurrences`` are all places of an edit that the document repeats, for example
    in each operation; then ``base``, ``revision`` and ``witness`` are those of the first place.
    ``removed`` and ``added`` are the changed entries of a list, such as the values of an enum.

    ``name`` is the thing that changed, ``status`` the response that it belongs to, if any. ``part`` and ``path`` are
    set for changes of schemas; ``path`` is a pointer into the value, with ``*`` for any index or name. ``before`` and
    ``after`` are the changed value in the documents, or null where it is absent.
    """

    rule: str
    title: str
    level: Level
    usual_level: Level
    level_set_by: str
    kind: ChangeKind
    operations: tuple[str, ...]
    here: tuple[str, ...]
    part: Part | None
    path: str
    name: str
    status: str
    before: Any
    after: Any
    removed: tuple[Any, ...]
    added: tuple[Any, ...]
    base: Location | None
    revision: Location | None
    proof: ProofKind
    witness: Witness | None
    note: Note | None
    folded: tuple[str, ...]
    also: tuple[FurtherUse, ...]
    waiver: AppliedWaiver | None
    occurrences: tuple[Occurrence, ...]


@dataclass(frozen=True)
class FindingReference:
    """Names a finding by its rule and place."""

    rule: str
    part: Part | None
    path: str


@dataclass(frozen=True)
class AffectedRead:
    """A response field that a consumer reads and that changes; ``field`` is a JSON Pointer with ``*``."""

    consumer: str
    operation: str
    status: str
    field: str
    findings: tuple[FindingReference, ...]
    location: Location


@dataclass(frozen=True)
class MissingExample:
    """An example that a consumer requests by name and that the revision does not have."""

    consumer: str
    example: str
    location: Location


@dataclass(frozen=True)
class AffectedFixture:
    """A fixture that the mock could not serve under the revision: an item, or a turn of a conversation."""

    item: str | None
    conversation: str | None
    turn: int | None
    rejection: str
    location: Location


@dataclass(frozen=True)
class AffectedExample:
    """A named example of the revision that matched the base and does not match the revision."""

    example: str
    operation: str
    part: Part
    rejection: str
    location: Location


@dataclass(frozen=True)
class AffectedClause:
    """A clause that a server violates when it follows the revision.

    ``statement`` is the text of the clause. ``sign`` says how; ``body`` is the request or response that
    shows it, ``detail`` the status, media type, operation or default.
    """

    clause: str
    level: str
    statement: str
    sign: ClauseSign
    body: Payload | None
    detail: str
    location: Location


@dataclass(frozen=True)
class Impact:
    """What the change affects. The impact never changes a verdict."""

    reads: tuple[AffectedRead, ...]
    missing_examples: tuple[MissingExample, ...]
    fixtures: tuple[AffectedFixture, ...]
    examples: tuple[AffectedExample, ...]
    clauses: tuple[AffectedClause, ...]


@dataclass(frozen=True)
class UnusedWaiver:
    """A waiver that matches no finding; ``file`` and ``line`` say where it is."""

    rule: str
    operation: str
    pointer: str
    location: Location


@dataclass(frozen=True)
class VersionRemark:
    """A version that does not match the change."""

    kind: VersionRemarkKind
    actual: str
    expected: str


@dataclass(frozen=True)
class VersionAdvice:
    """The next semantic version; ``next`` is null where the version of the base is not a semantic version."""

    step: ChangeSize
    base: str
    revision: str
    next: str | None
    remarks: tuple[VersionRemark, ...]


@dataclass(frozen=True)
class Counts:
    """Number of findings: by level without the waived ones, waived, not proved, with a witness."""

    breaking: int
    warning: int
    info: int
    waived: int
    not_proved: int
    witnesses: int


@dataclass(frozen=True)
class OddityPlace:
    """A place with an oddity; ``detail`` is what the place holds, or the problem of a part that is not read."""

    location: Location
    detail: str


@dataclass(frozen=True)
class OddityNote:
    """An oddity of the documents: how often each document has it, and the first places of each."""

    oddity: Oddity
    base: int
    revision: int
    places: tuple[OddityPlace, ...]


@dataclass(frozen=True)
class DiffReport:
    """The result of a comparison. ``operations`` counts the operations that both documents have.

    ``severity`` is the preset or the file that sets levels.
    """

    format: Literal["chat-contract-diff"]
    format_version: Literal[1]
    tool: Tool
    base: ComparedDocument
    revision: ComparedDocument
    strict: bool
    severity: str
    fail_on: FailOn
    verdict: Outcome
    fails: bool
    counts: Counts
    operations: int
    findings: tuple[ReportedFinding, ...]
    impact: Impact
    unused_waivers: tuple[UnusedWaiver, ...]
    versions: VersionAdvice
    notes: tuple[OddityNote, ...]
