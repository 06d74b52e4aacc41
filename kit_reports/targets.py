"""The targets of reports, ``FORMAT[=FILE]``: checked before the work starts, written completely or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from chat_contract.document.repository import leads_outside, top_of
from chat_contract.errors import UsageError

_PERMISSIONS = 0o644
_OF_THE_SYSTEM = ("/dev/", "/proc/")
"""Names such as /dev/stdout are links to what a process has open."""


@dataclass(frozen=True)
class Target:
    """A requested report. Without a file, it goes to the standard output."""

    format: str
    file: Path | None = None


def parse_target(option: str, formats: Collection[str], name: str = "--report") -> Target:
    """Parse FORMAT[=FILE]. Raises :class:`UsageError` for an unknown format or a file that cannot be written."""
    wanted, separator, file = option.partition("=")
    if wanted not in formats:
        raise UsageError(f'Unknown format "{wanted}" in {name} {option}. Choose from {", ".join(formats)}.')
    return Target(wanted, writable(file, f"{name} {option}") if separator else None)


def parse_targets(options: Collection[str], formats: Collection[str], *, default: str | None) -> tuple[Target, ...]:
    """Parse all ``--report`` options. The default format is added if no option uses the standard output.

    Targets on the standard output come first, so that a full disk does not hide the verdict.
    Raises :class:`UsageError`.
    """
    targets = [parse_target(option, formats) for option in options]
    files = [target.file.resolve() for target in targets if target.file is not None]
    duplicate = next((file for file in files if files.count(file) > 1), None)
    if duplicate is not None:
        raise UsageError(f"Several --report options write to {duplicate}. Choose a different file for each.")
    if default is not None and all(target.file is not None for target in targets):
        targets.append(Target(default))
    return tuple(sorted(targets, key=lambda target: target.file is not None))


def writable(file: str | Path, option: str) -> Path:
    """Return the path of a file that can be written, in a folder that is created if it is missing.

    Raises :class:`UsageError` otherwise.
    """
    if not str(file):
        raise UsageError(f"{option}: the file name is missing. Add it after the equals sign.")
    reason = _why_not_writable(Path(file))
    if reason:
        raise UsageError(f"{option}: cannot write the file {file} ({reason}). Choose another path.")
    return Path(file)


def _why_not_writable(path: Path) -> str:
    """Return an empty string, or why the file cannot be written. It tries, because permissions are not conclusive."""
    folder = path.resolve().parent
    if path.is_dir():
        return "it is a folder"
    if _is_foreign_link(path):
        return "it is a link that leads outside its folder or repository"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            return "" if os.access(path, os.W_OK) else "permission denied"
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return _reason(error)


def _is_foreign_link(path: Path) -> bool:
    """Return whether a link leads out of a repository, whose author could otherwise choose what is overwritten."""
    return not str(path).startswith(_OF_THE_SYSTEM) and leads_outside(path, top_of(path))


def write_whole(path: Path, text: str) -> None:
    """Write a file as UTF-8, completely or not at all; a pipe or device is written directly.

    Raises :class:`OSError` if that fails; a previous file is then unchanged, and otherwise keeps its permissions.
    """
    if path.exists() and not path.is_file():
        _write_directly(path, text)
        return
    path = path.resolve()
    handle, draft = tempfile.mkstemp(dir=path.parent)
    drafted = Path(draft)
    try:
        # Closed before it is renamed: Windows renames no open file.
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        drafted.chmod(_permissions(path))
        drafted.replace(path)
    finally:
        drafted.unlink(missing_ok=True)


def _write_directly(path: Path, text: str) -> None:
    """Write to a pipe or device. A FIFO that nobody reads is an error: it would keep the command waiting."""
    try:
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise OSError(error.errno, "it is a FIFO that no process reads", str(path)) from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(handle, True)
        file.write(text)


def _permissions(path: Path) -> int:
    """Return the permissions of a file, or those that a new file gets from the umask of the user."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0o077)
    os.umask(umask)
    return _PERMISSIONS & ~umask


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
