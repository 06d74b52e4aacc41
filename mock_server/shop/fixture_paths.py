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
    found = [path / name for path, names in _walk(folder / CONVERSATIONS, failed) for name in names]
    files = [file for file in found if file.suffix in _ENDINGS and not file.name.startswith(".")]
    return sorted(files, key=lambda file: (_natural(conversation_name(folder, file)), file.suffix))


def conversation_folders(folder: Path) -> Iterator[Path]:
    """Yield the folder of conversations and its subfolders."""
    yield folder / CONVERSATIONS
    for path, _ in _walk(folder / CONVERSATIONS, lambda _: None):
        yield path


def conversation_name(folder: Path, file: Path) -> str:
    """Return the name of a conversation: its path below the folder of conversations, without the ending."""
    return file.relative_to(folder / CONVERSATIONS).with_suffix("").as_posix()


def _walk(folder: Path, failed: Failed) -> Iterator[tuple[Path, list[str]]]:
    def report(error: OSError) -> None:
        # A folder that is gone has no files.
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            failed(error)

    for path, folders, names in os.walk(folder, onerror=report):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # A folder or pipe with the name of a file is an error, which reading it reports.
        yield Path(path), [*names, *(name for name in folders if Path(name).suffix in _ENDINGS)]


def _natural(name: str) -> list[tuple[int, str]]:
    parts = _NUMBER.split(name)
    return [(int(part[:18]), "") if part.isdigit() else (-1, part) for part in parts]
