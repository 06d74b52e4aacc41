"""Which files a mock is read from, and whether they are still the same. Reads none of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chat_contract.resources import fixtures_dir, openapi_dir
from mock_server.loading.options import Options
from mock_server.validation.leniency import PROFILES

Stamp = tuple[tuple[str, tuple[int, ...]], ...]
"""Each file by its path, with what of it changes when it does."""


def stamp(options: Options) -> Stamp:
    """Return what tells these files from what they will be once somebody has changed one."""
    found = ((str(path), _mark(path)) for path in _files(options))
    return tuple(sorted((path, mark) for path, mark in found if mark is not None))


def changed(before: Stamp, now: Stamp) -> list[str]:
    """Return the paths that are new, gone or not what they were."""
    return sorted({path for path, _ in set(before) ^ set(now)})


def folders(options: Options) -> dict[Path, tuple[int, ...]]:
    """Return the folders that exist and in which a change would be one, each with what it is known by."""
    found = {path: _identity(path) for path in _folders(options)}
    return {path: identity for path, identity in found.items() if identity is not None}


def _files(options: Options) -> Iterator[Path]:
    for folder in _read_whole(options):
        yield from folder.glob("*.y*ml")
    yield from _named(options)


def _folders(options: Options) -> set[Path]:
    # What is named by itself may be put in place by a rename, which only its folder tells of.
    return {*_read_whole(options), *(path.parent for path in _named(options))}


def _read_whole(options: Options) -> tuple[Path, ...]:
    fixtures = options.fixtures or fixtures_dir()
    contract = openapi_dir()
    return fixtures, fixtures / "conversations", contract, contract / "overlays"


def _named(options: Options) -> list[Path]:
    latitude = [] if options.latitude in PROFILES else [Path(options.latitude)]
    return [*([options.spec] if options.spec else []), *options.overlays, *latitude]


def _mark(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if path.is_dir() else None
