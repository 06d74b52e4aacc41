"""The next version by semantic versioning, and whether ``info.version`` and the version in the path agree with it."""

from __future__ import annotations

import re
from typing import Any, Literal

from spec_gate.differ.surface import Surface
from spec_gate.report.escape import one_line

Step = Literal["major", "minor", "patch", "none"]

_SEMANTIC = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:[-+].*)?\Z")
_IN_PATH = re.compile(r"/v([0-9]+)(?=/|\Z)")


def versions(base: Surface, revision: Surface, findings: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the step that a change needs, the next version, a draft of the changelog, and what does not agree."""
    levels = {finding["level"] for finding in findings}
    step: Step = "major" if "breaking" in levels else "minor" if levels else "none"
    wanted = _next(base.version, step)
    return {
        "step": step,
        "base": base.version,
        "revision": revision.version,
        "next": wanted,
        "changelog": _changelog(wanted, findings),
        "remarks": [*_of_info(base.version, revision.version, wanted, step), *_of_path(base, revision, step)],
    }


def _parsed(version: str) -> tuple[int, int, int] | None:
    match = _SEMANTIC.match(version)
    return None if match is None else (int(match[1]), int(match[2]), int(match[3]))


def _next(version: str, step: Step) -> str | None:
    """Return the next version; before 1.0.0 what breaks is a minor step, and all else a patch."""
    parsed = _parsed(version)
    if parsed is None:
        return None
    major, minor, patch = parsed
    if step == "none":
        return f"{major}.{minor}.{patch}"
    if step == "major":
        return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
    return f"{major}.{minor + 1}.0" if major else f"0.{minor}.{patch + 1}"


def _of_info(before: str, after: str, wanted: str | None, step: Step) -> list[str]:
    if wanted is None or step == "none":
        return []
    now = _parsed(after)
    if now is None or now < (_parsed(wanted) or now):
        return [f"info.version is {after or 'missing'}, and should be {wanted}: the step from {before} is {step}"]
    return []


def _of_path(base: Surface, revision: Surface, step: Step) -> list[str]:
    before, after = _path_versions(base), _path_versions(revision)
    if step == "major" and before and before == after:
        return [f"the path stays at /v{before[-1]}, though the change breaks who calls it: it needs /v{before[-1] + 1}"]
    return []


def _path_versions(surface: Surface) -> list[int]:
    urls = {url for operation in surface.operations.values() for url in operation.urls}
    return sorted({int(match) for url in urls for match in _IN_PATH.findall(url)})


def _changelog(version: str | None, findings: list[dict[str, Any]]) -> str:
    """Return a draft in the form of Keep a Changelog."""
    lines = [f"## [{version or 'next'}]"]
    for level, heading in (("breaking", "Breaking"), ("warning", "Changed"), ("info", "Compatible")):
        some = [finding for finding in findings if finding["level"] == level]
        if some:
            lines += ["", f"### {heading}", "", *dict.fromkeys(_entry(finding) for finding in some)]
    return "\n".join(lines) + "\n"


def _entry(finding: dict[str, Any]) -> str:
    where = ", ".join(part for part in ((finding["operations"] or [""])[0], finding["place"], finding["path"]) if part)
    return f"- {finding['title'].rstrip('.')}: {one_line(where)} ({finding['rule']})."
