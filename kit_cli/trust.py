"""Says which options a configuration file that the kit found itself cannot set: its author may be somebody else.

Such a file is part of a checkout, for example of a pull request. Options that show, write or open more than this
checkout need a file that the user named.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chat_contract.document.repository import is_foreign, real_path, top_of

_RUN_CODE = frozenset({"token-command", "token-command-a", "token-command-b", "app"})
_CHOOSE_RECEIVERS = frozenset(
    {"proxy", "insecure", "ca-bundle", "upstream", "upstream-key-env", "store", "allow-host", "master-host"}
)
"""Options that decide who gets keys and requests, or who can read them on their way."""

_CHOOSE_KEYS = frozenset({"key-env", "key-env-a", "key-env-b"})
"""Options that name a variable with a key: it could hold a credential for somebody else, which the server would get."""

_REPLACE_REQUESTS = frozenset({"replay", "resume"})
"""Options by which a file decides which requests get the key, or which responses count as those of the server."""

_OPEN_THE_MOCK = frozenset({"host", "allowed-host", "cors-origin", "control-token", "forward-all"})
_OPEN_THE_LOAD = frozenset({"master", "worker"})
"""A master listens on all addresses and believes its workers; a worker judges for no one."""

_READ_OUTSIDE = frozenset({"allow-ref-outside"})
_OF_NAMED_FILES = (
    _RUN_CODE | _CHOOSE_RECEIVERS | _CHOOSE_KEYS | _REPLACE_REQUESTS | _OPEN_THE_MOCK | _OPEN_THE_LOAD | _READ_OUTSIDE
)

_HEADERS = frozenset({"header", "header-a", "header-b"})
_ROUTES = ("x-forwarded-", "x-original-", "x-rewrite-", "x-http-")
_ROUTE = frozenset({"host", "forwarded", "x-host"})
"""Headers by which some servers choose the site, path or method of a request, and with it who gets the key."""

_WRITTEN = frozenset({"report", "write-waivers", "overlay-out", "profile-out", "record", "out"})
"""Options that name what a command writes."""

_FOLDERS_WRITTEN = frozenset({"record", "out"})
_DATA = frozenset({".har", ".html", ".http", ".json", ".md", ".sarif", ".txt", ".xml", ".yaml", ".yml"})
"""The names of output files end with one of these: nothing runs such a file."""


def why_refused(key: str, value: Any, files: Sequence[Path], config: Path) -> str | None:
    """Return why a configuration file that the kit found itself cannot set an option; None if it can.

    ``files`` are those that the value names.
    """
    if key in _OF_NAMED_FILES and value is not False:
        return f"the kit does not take {key} from a file that it found itself"
    if key in _HEADERS and any(_chooses_the_site(str(one)) for one in value):
        return f"a file that the kit found itself cannot choose the host with {key}"
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


def _chooses_the_site(header: str) -> bool:
    name = header.partition(":")[0].strip().lower()
    return name in _ROUTE or name.startswith(_ROUTES)


def _belongs_to_tools(file: Path, folder: Path) -> bool:
    """Return whether a file is hidden or in an environment of Python or Node, which a checkout does not contain."""
    inner = real_path(file).relative_to(folder)
    if any(part.startswith(".") or part.lower() == "node_modules" for part in inner.parts):
        return True
    return any((folder / parent / "pyvenv.cfg").exists() for parent in (inner, *inner.parents) if parent.parts)
