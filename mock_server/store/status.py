"""Whether the shared state is available, which replicas use it, and why a request cannot be answered with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class StoreError(Exception):
    """The shared state is not available; the text says why. Nothing was changed, or it is not known what was."""


class TooManySpacesError(Exception):
    """All spaces were used recently, so none can be dropped to make room."""


@dataclass(frozen=True)
class StoreStatus:
    """Whether the store is available."""

    reason: str | None = None
    """Why it is not, in lower case; None if it is."""


@dataclass(frozen=True)
class Replica:
    """One process of the mock that uses the store."""

    name: str
    version: str
    files: Mapping[str, str]
    """A digest of each file that it serves, by the file's name."""

    def differs_from(self, other: Replica) -> list[str]:
        """Return the names of the files that the two serve in different versions, or that only one serves."""
        names = self.files.keys() | other.files.keys()
        return sorted(name for name in names if self.files.get(name) != other.files.get(name))


@dataclass(frozen=True)
class StoreHealth:
    """The state of the store as one replica sees it."""

    address: str
    prefix: str
    reason: str | None
    """Why the store is not available, in lower case; None if it is."""
    replica: str
    """The name of this replica."""
    replicas: tuple[str, ...]
    differing: Mapping[str, tuple[str, ...]]
    """The files that other replicas serve in another version, by the name of the replica."""
