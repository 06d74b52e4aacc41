"""Replace personal data in texts with pseudonyms: e-mail addresses, phone numbers and given names.

The same value always gets the same pseudonym, so that a conversation stays consistent and a recording repeatable. A
pseudonym has few bits, so that it does not identify the value; anyone who knows the value can still confirm it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_BYTES = 3
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(
    r"(?<![\w.,-])(?:"
    r"(?:\+|00)[1-9]\d{0,2}(?:[ ./-]?\(?\d{1,5}\)?){2,6}"  # international
    r"|\(?0\d{1,5}\)?(?:[ ./-]{1,3}\d{2,8}){1,5}"  # national, with a separator
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"  # North America
    r")(?![\w-])",
    re.ASCII,
)
_DIGITS_OF_A_PHONE = range(7, 16)


class PersonalData(StrEnum):
    """A kind of personal data."""

    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"


@dataclass(frozen=True)
class Masking:
    """A replaced value."""

    kind: PersonalData
    value: str
    pseudonym: str


@dataclass(frozen=True)
class Masks:
    """What to replace. ``names`` are found as whole words, whatever their case."""

    kinds: frozenset[PersonalData] = frozenset()
    names: tuple[str, ...] = ()

    def applied(self, text: str) -> tuple[str, tuple[Masking, ...]]:
        """Return the text with pseudonyms, and what was replaced."""
        found: dict[Masking, None] = {}
        for kind, pattern in self._patterns():

            def replace(match: re.Match[str], kind: PersonalData = kind) -> str:
                if kind is PersonalData.PHONE and not _is_phone(match.group()):
                    return match.group()
                masking = Masking(kind, match.group(), pseudonym(kind, match.group()))
                found[masking] = None
                return masking.pseudonym

            text = pattern.sub(replace, text)
        return text, tuple(found)

    def applied_to(self, value: Any, kept: frozenset[str]) -> tuple[Any, tuple[Masking, ...]]:
        """Return a JSON value with pseudonyms in all its texts, except those of the properties ``kept``."""
        if isinstance(value, str):
            return self.applied(value)
        if isinstance(value, Mapping):
            pairs = {key: (child, ()) if key in kept else self.applied_to(child, kept) for key, child in value.items()}
            return {key: child for key, (child, _) in pairs.items()}, _joined([more for _, more in pairs.values()])
        if isinstance(value, list | tuple):
            children = [self.applied_to(child, kept) for child in value]
            return [child for child, _ in children], _joined([more for _, more in children])
        return value, ()

    def _patterns(self) -> list[tuple[PersonalData, re.Pattern[str]]]:
        patterns = []
        if PersonalData.EMAIL in self.kinds:
            patterns.append((PersonalData.EMAIL, _EMAIL))
        if self.names:
            listed = "|".join(re.escape(name) for name in sorted(self.names, key=len, reverse=True))
            patterns.append((PersonalData.NAME, re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)))
        if PersonalData.PHONE in self.kinds:
            patterns.append((PersonalData.PHONE, _PHONE))
        return patterns


NO_MASKS = Masks()


def _is_phone(text: str) -> bool:
    return sum(character.isdigit() for character in text) in _DIGITS_OF_A_PHONE


def _joined(several: Sequence[tuple[Masking, ...]]) -> tuple[Masking, ...]:
    return tuple(dict.fromkeys(masking for one in several for masking in one))


def pseudonym(kind: PersonalData, value: str) -> str:
    """Return what replaces a value. Spellings that differ only in case or separators get the same pseudonym."""
    plain = re.sub(r"[^0-9]", "", value) if kind is PersonalData.PHONE else value.casefold()
    code = hashlib.blake2b(f"{kind} {plain}".encode(), digest_size=_BYTES)
    if kind is PersonalData.PHONE:
        # No country has the code 999.
        return f"+999 {int(code.hexdigest(), 16) % 1_000_000:06d}"
    return f"person-{code.hexdigest()}@example.com" if kind is PersonalData.EMAIL else f"Person-{code.hexdigest()}"
