"""Advises the next semantic version, and checks ``info.version`` and the version in the path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spec_gate.differ.surface import Surface
from spec_gate.report.model import (
    ChangeSize,
    Level,
    ReportedFinding,
    VersionAdvice,
    VersionRemark,
    VersionRemarkKind,
)

_SEMANTIC = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:[-+].*)?\Z")
_IN_PATH = re.compile(r"/v([0-9]+)(?=/|\Z)")


def advise(base: Surface, revision: Surface, findings: Sequence[ReportedFinding]) -> VersionAdvice:
    """Return the step of the change, the next version, and the versions of the revision that do not match it."""
    levels = {finding.level for finding in findings}
    step = ChangeSize.MAJOR if Level.BREAKING in levels else ChangeSize.MINOR if levels else ChangeSize.NONE
    expected = _next(base.version, step)
    remarks = (*_document_version(revision.version, expected, step), *_path_version(base, revision, step))
    return VersionAdvice(step, base.version, revision.version, expected, remarks)


def _parsed(version: str) -> tuple[int, int, int] | None:
    match = _SEMANTIC.match(version)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))


def _next(version: str, step: ChangeSize) -> str | None:
    """Return the next version; before 1.0.0 a breaking change is a minor step and any other change a patch."""
    parsed = _parsed(version)
    if parsed is None:
        return None
    major, minor, patch = parsed
    if step is ChangeSize.NONE:
        return f"{major}.{minor}.{patch}"
    if step is ChangeSize.MAJOR:
        return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    return f"{major}.{minor + 1}.0" if major else f"0.{minor}.{patch + 1}"


def _document_version(actual: str, expected: str | None, step: ChangeSize) -> Iterator[VersionRemark]:
    if expected is None or step is ChangeSize.NONE:
        return
    now, wanted = _parsed(actual), _parsed(expected)
    if now is None or wanted is None or now < wanted:
        yield VersionRemark(VersionRemarkKind.DOCUMENT_VERSION, actual, expected)


def _path_version(base: Surface, revision: Surface, step: ChangeSize) -> Iterator[VersionRemark]:
    before, after = _versions_in_paths(base), _versions_in_paths(revision)
    if step is ChangeSize.MAJOR and before and before == after:
        yield VersionRemark(VersionRemarkKind.PATH_VERSION, str(before[-1]), str(before[-1] + 1))


def _versions_in_paths(surface: Surface) -> list[int]:
    urls = {url for operation in surface.operations.values() for url in operation.urls}
    return sorted({int(match) for url in urls for match in _IN_PATH.findall(url)})
