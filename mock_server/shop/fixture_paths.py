"""Which files of a folder are fixtures: the catalogue and the conversations, in subfolders too.

Hidden files do not count, because editors and file systems keep temporary copies in them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from chat_contract import DocumentError

CATALOGUE = "catalogue.yaml"
CONVERSATIONS = "conversations"

_ENDINGS = frozenset({".yaml", ".yml", ".json"})
_NUMBER = re.compile(r"([0-9]+)")


_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.IGNORECASE)
_NOT_PORTABLE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_LONGEST_NAME = 100


def portable_name(name: str) -> str:
    """Return a file name without ending that every file system accepts, Windows included.

    Windows reserves the names of devices, and drops dots and spaces at the end of a name.
    """
    name = _NOT_PORTABLE.sub("-", name)[:_LONGEST_NAME].rstrip(". ").lstrip(" .")
    return f"conversation-{name}".rstrip("-") if not name or _RESERVED.match(name) else name


Failed = Callable[[OSError], None]


def _raise(error: OSError) -> None:
    raise DocumentError(
        f"cannot read the folder: {error.strerror or error}",
        path=str(error.filename),
        hint="Make the folder readable, or remove it.",
    )


def catalogue_file(folder: Path) -> Path:
    """Return ``catalogue.yaml``, or ``catalogue.json`` if only that exists."""
    as_json = folder / "catalogue.json"
    return as_json if as_json.exists() and not (folder / CATALOGUE).exists() else folder / CATALOGUE


def conversation_files(folder: Path, failed: Failed = _raise) -> list[Path]:
    """Return the files of conversations in the order of their names; numbers in names count as numbers.

    ``failed`` gets the error of each folder that cannot be read.
    """
    root = str(folder / CONVERSATIONS)
    found = ((_split(file.removeprefix(root)), file) for file in conversation_paths(folder, failed))
    return [Path(file) for _, file in sorted(((_natural(name), ending), file) for (name, ending), file in found)]


def conversation_paths(folder: Path, failed: Failed = _raise) -> Iterator[str]:
    """Yield the same paths as texts, in any order. Folders may contain so many that making paths takes seconds."""
    for path, names in _walk(str(folder / CONVERSATIONS), failed):
        for name in names:
            if not name.startswith(".") and _split(name)[1] in _ENDINGS:
                yield f"{path}{os.sep}{name}"


def _split(name: str) -> tuple[str, str]:
    """Return the name without its ending, and the ending."""
    name, dot, ending = name.rpartition(".")
    return name, f"{dot}{ending}"


def conversation_folders(folder: Path) -> Iterator[Path]:
    """Yield the folder of conversations and its subfolders."""
    yield folder / CONVERSATIONS
    for path, _ in _walk(str(folder / CONVERSATIONS), lambda _: None):
        yield Path(path)


def conversation_name(folder: Path, file: Path) -> str:
    """Return the name of a conversation: its path below the folder of conversations, without the ending."""
    return _split(str(file).removeprefix(f"{folder / CONVERSATIONS}{os.sep}"))[0].replace(os.sep, "/")


def mark_of(path: str) -> tuple[int, ...] | None:
    """Return what changes with the content of a file: times, size and inode; None without a file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - making a path takes longer than this
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _walk(folder: str, failed: Failed) -> Iterator[tuple[str, list[str]]]:
    def report(error: OSError) -> None:
        # A folder that is gone has no files.
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            failed(error)

    for path, folders, names in os.walk(folder, onerror=report):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # A folder or pipe with the name of a file is an error, which reading it reports.
        yield path, [*names, *(name for name in folders if _split(name)[1] in _ENDINGS)]


def _natural(name: str) -> list[tuple[int, str]]:
    parts = _NUMBER.split(name)
    return [(int(part[:18]), "") if part.isdigit() else (-1, part) for part in parts]
