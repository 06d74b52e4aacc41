"""Detects changes to the files of a snapshot, from their metadata."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from chat_contract.resources import fixtures_dir, openapi_dir
from mock_server.loading.options import Options
from mock_server.shop.fixture_paths import Failed, catalogue_file, conversation_folders, conversation_paths, mark_of
from mock_server.validation.leniency import PROFILES

Stamp = tuple[tuple[str, tuple[int, ...]], ...]
"""The fingerprint: the path of each file with its times, size and inode."""


def stamp(options: Options) -> Stamp:
    """Return the fingerprint of the files that these options name."""
    unreadable: list[OSError] = []
    found = ((path, mark_of(path)) for path in _files(options, unreadable.append))
    marks = [(path, mark) for path, mark in found if mark is not None]
    # A folder that cannot be read is a change, and so is one that can be read again.
    marks += [(str(error.filename), (error.errno or 0,)) for error in unreadable]
    return tuple(sorted(marks))


def digests(options: Options) -> dict[str, str]:
    """Return a digest of the content of each file, by a name that is the same on every machine."""
    roots = (options.fixtures or fixtures_dir(), openapi_dir())
    found = {}
    for path in map(Path, _files(options, lambda _: None)):
        with suppress(OSError):
            found[_name(path, roots)] = blake2b(path.read_bytes(), digest_size=8).hexdigest()
    return found


def _name(path: Path, roots: tuple[Path, ...]) -> str:
    return next((path.relative_to(root).as_posix() for root in roots if path.is_relative_to(root)), path.name)


def changed(before: Stamp, now: Stamp) -> list[str]:
    """Return the paths that were added, removed or changed."""
    return sorted({path for path, _ in set(before) ^ set(now)})


def folders(options: Options) -> dict[Path, tuple[int, ...]]:
    """Return the existing folders to watch, each with its device and inode."""
    found = {path: _identity(path) for path in _folders(options)}
    return {path: identity for path, identity in found.items() if identity is not None}


def _files(options: Options, failed: Failed) -> Iterator[str]:
    fixtures = options.fixtures or fixtures_dir()
    yield str(catalogue_file(fixtures))
    most = options.max_fixture_files
    # A folder that contains more is refused, whatever these files are.
    yield from islice(conversation_paths(fixtures, failed), None if most is None else most + 1)
    for folder in (openapi_dir(), openapi_dir() / "overlays"):
        yield from map(str, folder.glob("*.y*ml"))
    yield from map(str, _named(options))


def _folders(options: Options) -> set[Path]:
    # Watch the folders of single files too: a rename that replaces a file is an event of its folder.
    return {*_fixture_folders(options), *(path.parent for path in _named(options))}


def _fixture_folders(options: Options) -> tuple[Path, ...]:
    fixtures = options.fixtures or fixtures_dir()
    contract = openapi_dir()
    return fixtures, *conversation_folders(fixtures), contract, contract / "overlays"


def _named(options: Options) -> list[Path]:
    latitude = [] if options.latitude in PROFILES else [Path(options.latitude)]
    return [*([options.spec] if options.spec else []), *options.overlays, *latitude]


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if path.is_dir() else None
