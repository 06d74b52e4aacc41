"""The Lua scripts in ``lua/`` read and change the shared state. Redis runs each of them as one step.

A space has these keys, all with a time to live; ``AT`` is ``PREFIX:FORMAT:space:NAME:``.

- ``AT:meta``: hash with the version of the rules, the rules, counters of ids and of the journal
- ``AT:states`` and ``AT:used``: states of the conversations by id, and when each was last used
- ``AT:openings``: how often recorded conversations with the same opening were started
- ``AT:journal`` and ``AT:left``: the entries, and the numbers of those whose client disconnected
- ``AT:answers`` and ``AT:order``: responses by request id, and these ids, oldest first
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from importlib.resources import files
from typing import Any

FORMAT = "1"
"""The version of keys and values. Increase it when either changes."""


Kinds = tuple[type, ...]
"""The types of what follows the status in an answer."""


@dataclass(frozen=True)
class Script:
    """A script."""

    text: str
    answers: Mapping[bytes, Kinds] = field(repr=False)
    """What it returns, by status."""
    digest: str = field(init=False)
    """Its SHA-1, the name by which Redis knows it once it is loaded."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", sha1(self.text.encode(), usedforsecurity=False).hexdigest())

    def returns(self, answer: Any) -> bool:
        """Return whether an answer is one of this script."""
        if not isinstance(answer, list) or not answer or not isinstance(answer[0], bytes):
            return False
        kinds = self.answers.get(answer[0])
        return kinds is not None and len(answer) == 1 + len(kinds) and all(map(isinstance, answer[1:], kinds))


def _script(name: str, preludes: tuple[str, ...], **answers: Kinds) -> Script:
    folder = files("mock_server.store") / "lua"
    text = "\n".join((folder / f"{part}.lua").read_text("utf-8") for part in (*preludes, name))
    return Script(text, {status.encode(): kinds for status, kinds in answers.items()})


_OF_ALL = ("base",)
_OF_SPACE = ("base", "space")

LOAD = _script("load", _OF_SPACE, full=(), ok=(bytes, bytes, bytes, int, int))
COMMIT = _script("commit", _OF_SPACE, full=(), answered=(bytes,), changed=(bytes, bytes, bytes, int), ok=(int, bytes))
RULES = _script("rules", _OF_SPACE, full=(), ok=(bytes, bytes), changed=(bytes, bytes))
READ = _script("read", _OF_SPACE, full=(), ok=(int, int, list, list))
LEFT = _script("left", _OF_SPACE, full=(), ok=())
CLEAR = _script("clear", _OF_SPACE, full=(), ok=())
SIZES = _script("sizes", _OF_SPACE, full=(), ok=(int, int, bytes))
SPACES = _script("spaces", _OF_ALL, ok=(list,))
DELETE = _script("delete", _OF_ALL, ok=(int,))
REPLICAS = _script("replicas", _OF_ALL, format=(bytes,), ok=(list,))

ALL = (LOAD, COMMIT, RULES, READ, LEFT, CLEAR, SIZES, SPACES, DELETE, REPLICAS)
