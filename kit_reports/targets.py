"""Where reports go: ``FORMAT[=FILE]``, found out before anything else is done, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chat_contract.errors import UsageError

_READABLE = 0o644


@dataclass(frozen=True)
class Target:
    """One report that is wanted; without a file it goes to the output."""

    format: str
    file: Path | None = None


def parse_target(option: str, formats: Collection[str], name: str = "--report") -> Target:
    """Read FORMAT[=FILE]; raises :class:`UsageError` for an unknown format or a file that cannot be written."""
    wanted, separator, file = option.partition("=")
    if wanted not in formats:
        raise UsageError(f"{name} {option}: there is no format {wanted!r}; choose from {', '.join(formats)}")
    return Target(wanted, writable(file, f"{name} {option}") if separator else None)


def parse_targets(options: Collection[str], formats: Collection[str], *, default: str | None) -> tuple[Target, ...]:
    """Read all ``--report`` options; the default goes to the output where nothing else does.

    What is shown comes first: a disk that fills up must not take the verdict with it. Raises :class:`UsageError`.
    """
    targets = [parse_target(option, formats) for option in options]
    files = [target.file.resolve() for target in targets if target.file is not None]
    doubled = next((file for file in files if files.count(file) > 1), None)
    if doubled is not None:
        raise UsageError(f"--report: two reports would go to {doubled}; give each a file of its own")
    if default is not None and all(target.file is not None for target in targets):
        targets.append(Target(default))
    return tuple(sorted(targets, key=lambda target: target.file is not None))


def writable(file: str | Path, option: str) -> Path:
    """Return the path; raises :class:`UsageError` where nothing could be written there."""
    why = _why_not_writable(Path(file)) if str(file) else "no file is named"
    if why:
        raise UsageError(f"{option}: {file or 'nothing'} cannot be written ({why}); name a file in another folder")
    return Path(file)


def _why_not_writable(path: Path) -> str:
    """Try it, since permissions do not tell the whole truth; returns an empty string where a report can be written."""
    if path.is_dir():
        return "it is a folder"
    try:
        if path.exists() and not path.is_file():
            return "" if os.access(path, os.W_OK) else "no permission"
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all; what is no regular file, such as a pipe, is written to as it stands.

    Raises OSError where that fails; what was there before is there still.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    if hasattr(os, "O_TMPFILE"):
        # Where that fails, for whatever reason, the other way fails too, or works.
        with suppress(OSError):
            _write_unnamed(path, text)
            return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
        drafted = Path(draft.name)
        try:
            draft.write(text)
            draft.flush()
            drafted.chmod(_READABLE)
            drafted.replace(path)
        finally:
            drafted.unlink(missing_ok=True)


def _write_unnamed(path: Path, text: str) -> None:
    """Write a file that has no name until it is whole, so that not even a kill leaves half of one.

    Raises OSError where the file system knows no such files.
    """
    number = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, _READABLE)
    with open(number, "w", encoding="utf-8") as draft:  # noqa: PTH123 - it has no path
        draft.write(text)
        draft.flush()
        os.fchmod(number, _READABLE)
        drafted = path.with_name(f".{path.name}.{os.getpid()}.{number}")
        # Without a descriptor of a folder, Python would name the link and not the file behind it.
        os.link(f"/proc/self/fd/{number}", drafted, src_dir_fd=number, follow_symlinks=True)
        try:
            drafted.replace(path)
        finally:
            drafted.unlink(missing_ok=True)
