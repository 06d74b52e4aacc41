"""What takes long to find out about an entry of the journal; worked out once, and kept with the entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mock_server.control.redacted import secrets_of
from mock_server.respond.verdict import Verdict, judge_entry, near_misses
from mock_server.shop.scenarios import NearMiss
from mock_server.store.interface import Requests
from mock_server.store.journal import Entry
from mock_server.validation.parsing import is_plain_json

_BYTES = 512
"""Size of what is kept about a valid request, without its texts."""
_BYTES_OF_ONE = 256
"""Size of a fault, a violation or a near miss without its texts."""


class BodyForm(StrEnum):
    """How a body is shown."""

    VERBATIM = "verbatim"
    """It is JSON that every client reads, without a secret."""
    CLEAN = "clean"
    """It is anything else without a secret."""
    REDACTED = "redacted"
    """It holds a secret, which no output may contain."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The verdict on an entry, the stubs that could have replied, and the forms of its bodies."""

    verdict: Verdict
    near_misses: tuple[NearMiss, ...] | None
    request_form: BodyForm
    answer_form: BodyForm

    @property
    def size(self) -> int:
        """The approximate size in bytes."""
        verdict = self.verdict
        texts = [text for fault in verdict.faults for text in (fault.pointer, fault.value or "")]
        texts += [violation.message for violation in verdict.violations]
        texts += [text for miss in self.near_misses or () for text in miss.missing]
        return _BYTES + _BYTES_OF_ONE * len(texts) + _bytes_of(texts)


def _bytes_of(texts: Iterable[str]) -> int:
    return sum(len(text) if text.isascii() else 4 * len(text) for text in texts)


def prepared(journal: Requests, entry: Entry) -> Prepared:
    """Judge an entry by what is served. The journal keeps the result until something else is served."""
    known: Prepared | None = entry.prepared
    if known is not None:
        return known
    snapshot = entry.snapshot
    found = Prepared(
        judge_entry(entry),
        near_misses(entry),
        _form_of(entry, entry.body, truncated=entry.body_truncated),
        _form_of(entry, entry.answer.body, truncated=entry.answer_truncated),
    )
    journal.keep(entry, snapshot, found, found.size)
    return found


def _form_of(entry: Entry, body: bytes, *, truncated: bool) -> BodyForm:
    if secrets_of(entry).are_in(body.decode("utf-8", "replace")):
        return BodyForm.REDACTED
    return BodyForm.VERBATIM if body and not truncated and is_plain_json(body) else BodyForm.CLEAN
