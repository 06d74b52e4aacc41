"""The limits of the documents that the kit reads."""

from __future__ import annotations

from dataclasses import dataclass

MAX_NODES = 2_000_000
"""The maximum number of values in a document. The values of an alias count each time it is used."""

MAX_DEPTH = 200
"""The maximum nesting depth of a document."""

MAX_DIGITS = 300
"""The maximum number of digits of an integer; JSON parsers disagree about longer ones."""

MAX_BYTES = 16 * 1024 * 1024
"""The maximum size of one file."""


class TooManyVisitsError(Exception):
    """The queries of an overlay visit more values than they may."""


@dataclass
class Visits:
    """How many more values the queries of an overlay may visit."""

    left: int

    def count(self) -> None:
        """Count one; raise :class:`TooManyVisitsError` if none is left."""
        self.left -= 1
        if self.left < 0:
            raise TooManyVisitsError
