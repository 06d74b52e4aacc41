"""How cues match, which turn answers, and what is remembered."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.respond.sessions import Memory, Standing
from mock_server.shop.scenarios import Conversation, Cue, PatternError, Place, Script, Turn, compile_pattern
from mock_server.shop.words import READ_CHARACTERS, search_words_of, words_of


def script(*conversations: list[Cue]) -> Script:
    return Script(
        tuple(
            Conversation(f"c{index}", tuple(Turn(cue, f"reply {index}.{turn}", ()) for turn, cue in enumerate(cues)))
            for index, cues in enumerate(conversations)
        )
    )


def words(*those: str) -> Cue:
    return Cue(words=those)


def phrases(*those: str) -> Cue:
    return Cue(phrases=those)


@pytest.mark.parametrize(
    ("cue", "text", "matches"),
    [
        (words("desk", "tools"), "TOOLS! Which Desk?", True),
        (words("desk", "tools"), "a desk", False),
        (words("tool"), "toolbox", False),
        (words("chisels"), "the chisel", True),
        (words("café"), "a CAFE\u0301 and more", True),
        (words("cafe"), "café", True),
        (words("お茶", "贈り物"), "お茶の贈り物を探しています", True),
        (words("お茶"), "茶お", False),
        (words("هدية"), "أبحث عن هَدِيّة", True),
        (words("глаз"), "ГЛАЗ", True),
        (words("straße"), "STRASSE", True),
        (phrases("too much", "cheaper"), "That is TOO, much.", True),
        (phrases("too much"), "much too", False),
        (phrases("art"), "party", False),
        (Cue(pattern=r"up to \$[0-9]+"), "UP TO $50", True),
        (Cue(pattern=r"^\d$"), "12", False),
        (words("x"), "", False),
    ],
)
def test_cues(cue: Cue, text: str, *, matches: bool) -> None:
    assert (script([cue]).answering(text) == Place("c0", 0)) is matches


def test_a_conversation_is_entered_by_its_first_turn_only() -> None:
    played = script([words("one"), words("two")])
    assert played.answering("one") == Place("c0", 0)
    assert played.answering("two") is None


def test_within_a_conversation_the_next_turn_comes_first_then_later_then_earlier_ones() -> None:
    played = script([words("a"), words("b"), words("b"), words("c")])
    assert played.answering("b", Place("c0", 0)) == Place("c0", 1)
    assert played.answering("b", Place("c0", 1)) == Place("c0", 2)
    assert played.answering("c", Place("c0", 0)) == Place("c0", 3)
    assert played.answering("b", Place("c0", 3)) == Place("c0", 1)


def test_a_running_conversation_goes_before_another_one_that_would_match_better() -> None:
    played = script([words("a"), words("desk")], [words("desk", "heavy")])
    assert played.answering("a heavy desk", Place("c0", 0)) == Place("c0", 1)
    assert played.answering("desk heavy", Place("c1", 0)) == Place("c1", 0)


def test_the_cue_that_says_most_wins_then_the_first_by_name_and_patterns_last() -> None:
    played = script(
        [Cue(pattern="desk")], [words("desk")], [words("desk", "heavy")], [phrases("heavy desk")], [words("desk")]
    )
    assert played.answering("a desk") == Place("c1", 0)
    assert played.answering("a heavy desk") == Place("c2", 0)
    assert played.answering("desks, deskless") == Place("c1", 0)
    assert played.answering("deskless") == Place("c0", 0)


@pytest.mark.parametrize("pattern", ["(a", r"(?=x)a", r"(a)\1", "[", "(a{1000}){1000}"])
def test_a_pattern_that_could_hang_or_makes_no_sense_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){12}", "(a*)*b", ".*.*.*.*=.*;"])
def test_a_pattern_takes_no_longer_for_being_nested(pattern: str) -> None:
    played = script([Cue(pattern=f"{pattern}!")])
    before = time.perf_counter()
    assert played.answering("a" * 100_000) is None
    assert time.perf_counter() - before < 1


def test_only_the_first_part_of_a_long_message_is_read() -> None:
    played = script([words("desk")], [Cue(pattern="sofa")])
    assert played.answering("x " * READ_CHARACTERS + "desk sofa") is None


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    read = words_of(text)
    assert all(word and " " not in word and '"' not in word for word in read)
    assert set(search_words_of(text)) <= set(read)


def test_words_that_only_bind_are_not_searched_for() -> None:
    assert search_words_of("Which desks would you recommend for heavy tools, please?") == ["desk", "heavy", "tool"]
    assert search_words_of("お茶の本") == ["茶", "本"]


def test_memory_forgets_the_least_recently_used() -> None:
    memory = Memory(capacity=2)
    memory.remember("a", Standing(Place("c0", 0)))
    memory.remember("b", Standing(Place("c0", 1)))
    memory.remember("a", Standing(Place("c0", 2)))
    memory.remember("c", Standing())
    assert [memory.standing(name) for name in "abc"] == [Standing(Place("c0", 2)), None, Standing()]
    assert ("b" in memory, "c" in memory, len(memory)) == (False, True, 2)


def test_memory_keeps_ids_apart_whatever_they_hold() -> None:
    memory = Memory()
    for index, name in enumerate(["A", "a", " a", "", "\ud800", "\x00", "x" * 100_000, "x" * 100_001]):
        memory.remember(name, Standing(Place(f"c{index}", 0)))
    assert len(memory) == 8
    assert memory.standing("x" * 100_000) == Standing(Place("c6", 0))
