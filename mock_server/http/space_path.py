"""The URL prefix of spaces: ``/_mock/spaces/NAME/v1/chat`` is ``/v1/chat`` in the space NAME. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from mock_server.http.messages import OWN_PREFIX

SPACES = f"{OWN_PREFIX}/spaces"
SPACE_NAME = "mock_server.space"
"""The key of a WSGI environment under which the name of the space is, if the request is for one."""

_BELOW = f"{SPACES}/"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class SpacePath(NamedTuple):
    """A path inside a space."""

    name: str
    path: str
    """The path below the prefix."""


def split_space_path(path: str) -> SpacePath | None:
    """Return the space and the path inside it; None for a path outside of all spaces."""
    if not path.startswith(_BELOW):
        return None
    name, slash, rest = path[len(_BELOW) :].partition("/")
    return SpacePath(name, f"/{rest}") if slash else None


def is_space_name(name: str) -> bool:
    """Return whether a space can have this name: 1 to 64 ASCII letters, digits, dots, hyphens and underscores."""
    return _NAME.fullmatch(name) is not None and name not in {".", ".."}
