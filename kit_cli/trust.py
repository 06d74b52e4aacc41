"""Says which options a configuration file that the kit found itself cannot set: its author may be somebody else.

Such a file is part of a checkout, for example of a pull request. Options that show, write or open more than this
checkout need a file that the user named.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chat_contract.document.repository import is_foreign, real_path, top_of

_TESTED = (
    "cost-per-call", "deep", "exclude", "expect-auth", "fail-on", "include", "max-error-rate",
    "max-p95", "patience", "plan", "quick", "require-complete", "seed", "strict", "strict-reading", "wrong",
)  # fmt: skip
"""Options that choose what is tested or compared, and how strictly."""

_HOW_MUCH = (
    "max-accepted", "max-archive-bytes", "max-archive-entries", "max-body", "max-connections", "max-conversations",
    "max-cost", "max-fixture-files", "max-followers", "max-hang", "max-held-bytes", "max-journal-bytes",
    "max-requests", "max-requests-kept", "max-space-bytes", "max-spaces", "max-time", "max-unread-bytes",
    "max-wait", "max-waiting", "processes", "request-timeout", "run-time", "spawn-rate", "store-timeout",
    "think-time", "timeout", "upstream-max-body", "users", "workers", "write-timeout",
)  # fmt: skip
_ANSWERS = (
    "conversation-ttl", "delay", "exit-with-parent", "fault-rate", "port", "rate-limit", "require-key",
)  # fmt: skip
_SHOWN = (
    "explain", "json", "log", "mask", "mask-name", "no-color", "preview", "quiet", "ready-json", "verbose",
)  # fmt: skip

FILES_READ = (
    "base-overlay", "consumers", "fixtures", "from-har", "latitude", "overlay", "profile", "revision-overlay",
    "severity", "spec", "tls-cert", "tls-key", "waivers",
)  # fmt: skip
"""Options that name what a command reads, or a preset."""

_WRITTEN = frozenset({"report", "write-waivers", "overlay-out", "profile-out", "record", "out"})
"""Options that name what a command writes."""

CAN_BE_FOUND = _WRITTEN.union(_TESTED, _HOW_MUCH, _ANSWERS, _SHOWN, FILES_READ)
"""Every other option could run code, choose a key or who gets it, replace requests or responses, or open a server."""

_FOLDERS_WRITTEN = frozenset({"record", "out"})
_DATA = frozenset({".har", ".html", ".http", ".json", ".md", ".sarif", ".txt", ".xml", ".yaml", ".yml"})
"""The names of output files end with one of these: nothing runs such a file."""


def why_refused(key: str, value: Any, files: Sequence[Path], config: Path) -> str | None:
    """Return why a configuration file that the kit found itself cannot set an option; None if it can.

    ``files`` are those that the value names.
    """
    if value is False:
        return None
    if key not in CAN_BE_FOUND:
        return f"the kit does not take {key} from a file that it found itself"
    if key in _WRITTEN:
        return _why_not_written(key, files, real_path(config.parent))
    if any(is_foreign(file, top_of(config)) for file in files):
        return f"a file that the kit found itself can set {key} only to files in its folder or repository"
    return None


def _why_not_written(key: str, files: Sequence[Path], folder: Path) -> str | None:
    """Return why such a configuration file cannot name these output files; ``folder`` is its own."""
    can_set = f"a file that the kit found itself can set {key} only to files"
    if any(is_foreign(file, folder) for file in files):
        return f"{can_set} below its folder"
    if any(_belongs_to_tools(file, folder) for file in files):
        return f"{can_set} that are not hidden and not in installed packages"
    if key not in _FOLDERS_WRITTEN and any(file.suffix.lower() not in _DATA for file in files):
        return f"{can_set} that end with {', '.join(sorted(_DATA))}"
    return None


def _belongs_to_tools(file: Path, folder: Path) -> bool:
    """Return whether a file is hidden or in an environment of Python or Node, which a checkout does not contain."""
    inner = real_path(file).relative_to(folder)
    if any(part.startswith(".") or part.lower() == "node_modules" for part in inner.parts):
        return True
    return any((folder / parent / "pyvenv.cfg").exists() for parent in (inner, *inner.parents) if parent.parts)
