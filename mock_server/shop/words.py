"""Splits text into normalised words.

Case, accents and a plural -s are ignored. Text in scripts without blanks (Chinese, Japanese, Thai) is split into single
characters, so a word in these scripts is a sequence of words.
"""

from __future__ import annotations

import re
import unicodedata

from chat_contract.decomposition import decompose

READ_CHARACTERS = 20_000
"""Only this many characters of a message are read, so that no message can block a thread."""

_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_ASCII_BLANKS = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
"""A translation table that replaces all ASCII characters but letters and digits by blanks."""
_KANA = re.compile("[\u3040-\u309f]")


def words_of(text: str) -> list[str]:
    """Return the normalised words of ``text`` in order."""
    if text.isascii():
        # The fast path: ASCII needs no decomposition.
        words = text[:READ_CHARACTERS].lower().translate(_ASCII_BLANKS).split()
        return [_singular(word) if word[-1] == "s" else word for word in words]
    decomposed = decompose(text[:READ_CHARACTERS])
    bare = "".join(character for character in decomposed if not _is_mark(character))
    return [_singular(word) for word in _WORD.findall(unicodedata.normalize("NFC", bare).casefold())]


def search_words_of(text: str) -> list[str]:
    """Return the unique words of ``text`` in order, without function words."""
    return [word for word in dict.fromkeys(words_of(text)) if word not in _FUNCTION_WORDS and not _KANA.fullmatch(word)]


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn" or unicodedata.combining(character) > 0


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_FUNCTION_WORDS = frozenset(
    words_of(
        """
        a about after all also always am an and any anything are as at be because been before best better but buy by
        can could did do does doing done else ever every find for from get give go good got great had has have he hello
        help her here hey hi him his how i idea if im in interested into is it its ive just know let like look looking
        made make many may maybe me might mine more most much must my need never new nice no not nothing now of off
        offer ok on one only or order other our out over own perhaps please possible product purchase really recommend
        recommendation say search see sell shall she should show so some somebody someone something sort suggest
        suggestion take tell than thank thanks that the their them then there these they thing things think this those
        to too try under up us use very want was we well were what when where which who why will wish with without
        would yes yet you your
        """
    )
)
