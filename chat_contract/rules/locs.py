"""The locs in a response: lists of names and indices by which FastAPI's errors say what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def locs_of(response: Any) -> Iterator[tuple[int, list[str | int]]]:
    """Yield the loc of each error, with the error's index, of a parsed response of any form.

    A loc with other parts than strings and integers is left out: it leads nowhere.
    """
    detail = response.get("detail") if isinstance(response, dict) else None
    for index, error in enumerate(detail if isinstance(detail, list) else ()):
        loc = error.get("loc") if isinstance(error, dict) else None
        if isinstance(loc, list) and all(isinstance(part, str | int) and not isinstance(part, bool) for part in loc):
            yield index, loc
