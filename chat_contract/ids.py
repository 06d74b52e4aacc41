"""Compares conversation ids: copies, ids that databases and languages mistake for each other, spellings of a UUID."""

from __future__ import annotations

import re
import unicodedata

from chat_contract.decomposition import decompose

_SHORTEST_PART = 4
"""The minimum length of a part of an id that counts as a copy of it, or as the same id cut off."""

_UUID = re.compile(r"(?:urn:uuid:)?(\{)?([0-9a-f]{8}(-?)[0-9a-f]{4}\3[0-9a-f]{4}\3[0-9a-f]{4}\3[0-9a-f]{12})(?(1)\})")
_CANONICAL_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def is_copy(sent: str, returned: str) -> bool:
    """Return whether an id is a trimmed, shortened or case-folded copy of the one that was sent."""
    if sent == returned:
        return False
    original, copy = sent.strip().casefold(), returned.strip().casefold()
    return original == copy or (len(copy) >= _SHORTEST_PART and copy in original)


def fold(conversation_id: str) -> str:
    """Return an id without what differs between ids that are alike, except for their length.

    That is case, blanks, accents, Unicode normalization, and what follows a NUL.
    """
    until_nul = conversation_id.partition("\0")[0]
    decomposed = decompose(until_nul.casefold())
    kept = (each for each in decomposed if unicodedata.category(each)[0] not in "ZMC")
    return "".join(kept).casefold()


def folds_are_alike(one: str, other: str) -> bool:
    """Return whether two folded ids are equal, or one is the beginning of the other."""
    shorter, longer = sorted((one, other), key=len)
    return shorter == longer or (len(shorter) >= _SHORTEST_PART and longer.startswith(shorter))


def is_same_uuid(one: str, other: str) -> bool:
    """Return whether two different ids are spellings of one UUID: in case, hyphens, braces or ``urn:uuid:``."""
    return one != other and (digits := uuid_digits(one)) is not None and digits == uuid_digits(other)


def is_unusual_uuid(conversation_id: str) -> bool:
    """Return whether an id is a UUID that is not written in lower case with hyphens, as servers write it."""
    return uuid_digits(conversation_id) is not None and not _CANONICAL_UUID.fullmatch(conversation_id)


def uuid_digits(conversation_id: str) -> str | None:
    """Return the 32 digits of a UUID in any spelling, or None for any other id."""
    found = _UUID.fullmatch(conversation_id.lower())
    return found[2].replace("-", "") if found else None
