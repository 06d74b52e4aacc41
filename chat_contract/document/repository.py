"""Finds where the files of a project end: a link in it must not show other files of the user."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePath


def top_of(path: Path) -> Path:
    """Return the real path of the repository around a path as written, or around its target, or else of its folder."""
    named = _without_dots(path)
    named = named if named.is_dir() else named.parent
    # A link to a folder does not begin a repository inside another one.
    by_name = (folder for folder in (named, *named.parents) if _is_repository(folder) and not folder.is_symlink())
    found = next(by_name, None)
    if found is not None:
        return real_path(found)
    real = real_path(named)
    return next(filter(_is_repository, (real, *real.parents)), real)


def leads_outside(path: Path, top: Path) -> bool:
    """Return whether a path, or a link in it, leads out of a folder. ``top`` is the real path of the folder."""
    return is_on_another_server(path, top) or not real_path(path).is_relative_to(top)


def is_on_another_server(path: PurePath, top: PurePath) -> bool:
    r"""Return whether a path such as ``\\host\share\file`` leads to a server of Windows other than that of a folder.

    Windows logs in at the server as soon as such a path is looked up, so the name alone must decide.
    """
    return path.drive.startswith("\\\\") and path.drive.lower() != top.drive.lower()


def is_foreign(path: Path, top: Path) -> bool:
    """Return whether a path leads out of a folder, or belongs to git."""
    return leads_outside(path, top) or ".git" in (part.lower() for part in real_path(path).relative_to(top).parts)


def real_path(path: Path) -> Path:
    """Return a path without links. A path that cannot exist, such as a loop of links, stays as it is."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()


def _without_dots(path: Path) -> Path:
    """Return the absolute path with its links, but without ``..``."""
    parts: list[str] = []
    for part in path.absolute().parts:
        if part != "..":
            parts.append(part)
        elif len(parts) > 1:
            parts.pop()
    return Path(*parts)


def _is_repository(folder: Path) -> bool:
    git = folder / ".git"
    return git.exists() and not is_placed_by_another_user(git)


def is_placed_by_another_user(path: Path) -> bool:
    """Return whether another user may have put a file into a folder that every user can write to, such as ``/tmp``."""
    if not hasattr(os, "geteuid") or not path.parent.stat().st_mode & stat.S_IWOTH:
        return False
    return path.lstat().st_uid not in {0, os.geteuid()}
