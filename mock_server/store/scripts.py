"""The Lua scripts in ``lua/`` read and change the shared state. Redis runs each of them as one step.

A space has these keys, all with a time to live; ``AT`` is ``PREFIX:FORMAT:space:NAME:``.

- ``AT:meta``: hash with the version of the rules, the rules, counters of ids and of the journal
- ``AT:states`` and ``AT:used``: states of the conversations by id, and when each was last used
- ``AT:openings``: how often recorded conversations with the same opening were started
- ``AT:journal`` and ``AT:left``: the entries, and the numbers of those whose client left
- ``AT:answers`` and ``AT:order``: responses by request id, and these ids, oldest first
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha1
from importlib.resources import files

FORMAT = "1"
"""The version of keys and values. Increase it when either changes."""


@dataclass(frozen=True)
class Script:
    """A script."""

    text: str
    digest: str = field(init=False)
    """Its SHA-1, the name by which Redis knows it once it is loaded."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha1(self.text.encode(), usedforsecurity=False).hexdigest())


def _script(name: str, *preludes: str) -> Script:
    folder = files("mock_server.store") / "lua"
    return Script("\n".join((folder / f"{part}.lua").read_text("utf-8") for part in (*preludes, name)))


_OF_SPACE = ("base", "space")

LOAD = _script("load", *_OF_SPACE)
COMMIT = _script("commit", *_OF_SPACE)
RULES = _script("rules", *_OF_SPACE)
READ = _script("read", *_OF_SPACE)
LEFT = _script("left", *_OF_SPACE)
CLEAR = _script("clear", *_OF_SPACE)
SIZES = _script("sizes", *_OF_SPACE)
SPACES = _script("spaces", "base")
DELETE = _script("delete", "base")
REPLICAS = _script("replicas", "base")

ALL = (LOAD, COMMIT, RULES, READ, LEFT, CLEAR, SIZES, SPACES, DELETE, REPLICAS)
