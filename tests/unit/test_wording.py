"""User-facing text keeps to the project's vocabulary: words that need decoding appear nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.paths import ROOT
from tests.support.texts import PRODUCTS, comments, docstrings, documents, helps, messages, modules

# Each phrase as words, whatever their case; what to write instead.
PHRASES: dict[str, str] = {
    r"mend|mends|mended|mending": "fix, hint",
    r"in vain": "unused",
    r"told of|is told": "say who reports what",
    r"opened the door": "was sufficient",
    r"no engine was": "say what is missing",
    r"that there is not|for what there is not": "unknown",
    r"who is hit": "affected, impact",
    r"what came": "response, result",
    r"goes on with": "continues",
    r"read on": "further reading",
    r"is no (?!longer\b|more\b)[a-z]+": "is not a …, or the expected value",
    r"(?<!there )(?:are|was|were) no (?!longer\b|more\b)[a-z]+": "are not …, or the expected value",
    r"allowance": "budget, request limit",
    r"disguise\w*": "encoding, redaction",
    r"blueprint": "snapshot",
    r"standing": "request class, session state",
    r"ideal server": "reference server",
}
NEGATED_NOUN = re.compile(r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more\b)[a-z]+", re.IGNORECASE)
FORBIDDEN = re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in PHRASES), re.IGNORECASE)


def findings(text: str) -> list[str]:
    return [match.group() for match in FORBIDDEN.finditer(text)]


def texts_of_products() -> Iterator[tuple[str, str]]:
    for package in PRODUCTS:
        for path in modules(package):
            where = path.relative_to(ROOT).as_posix()
            for text in (*messages(path), *docstrings(path), *comments(path)):
                yield where, text


def test_sources_avoid_words_that_need_decoding() -> None:
    assert {where: found for where, text in texts_of_products() if (found := findings(text))} == {}


def test_tests_and_testbed_avoid_negated_nouns() -> None:
    found = {}
    for path in [path for folder in ("tests", "testbed", "benchmarks") for path in modules(folder)]:
        words = [
            match.group() for text in (*docstrings(path), *comments(path)) for match in NEGATED_NOUN.finditer(text)
        ]
        if words:
            found[path.relative_to(ROOT).as_posix()] = words
    assert found == {}


def test_documents_avoid_words_that_need_decoding() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{number}": words
        for path in documents()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (words := findings(line))
    }
    assert found == {}


def test_help_avoids_words_that_need_decoding() -> None:
    assert {command: found for command, text in helps() if (found := findings(text))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "what to mend",
        "tried in Vain",
        "both are told of it",
        "'10' is no rate",
        "these are no rates",
        "Where to read on",
        "the outcome of what came",
        "the Standing of a request",
    ],
)
def test_a_forbidden_word_is_found(text: str) -> None:
    assert findings(text)


@pytest.mark.parametrize("text", ["is no longer accepted", "outstanding", "recommend", "an amended document"])
def test_ordinary_words_pass(text: str) -> None:
    assert not findings(text)
