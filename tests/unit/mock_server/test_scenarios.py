"""Which stub replies to a message, and the state of sessions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_contract.patterns import PatternError
from mock_server.shop.scenarios import Cue, Position, Scenario, Scenarios, Stub
from mock_server.shop.words import READ_CHARACTERS, search_words_of, words_of
from mock_server.store.sessions import Sessions, SessionState
from mock_server.validation.patterns import compile_pattern


def scenarios(*cues_of_each: list[Cue]) -> Scenarios:
    return Scenarios(
        tuple(
            Scenario(f"c{index}", tuple(Stub(cue, f"reply {index}.{turn}", ()) for turn, cue in enumerate(cues)))
            for index, cues in enumerate(cues_of_each)
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
def test_cue_matches_message(cue: Cue, text: str, *, matches: bool) -> None:
    assert (scenarios([cue]).match(text) == Position("c0", 0)) is matches


def test_scenario_starts_with_its_first_stub_only() -> None:
    loaded = scenarios([words("one"), words("two")])
    assert loaded.match("one") == Position("c0", 0)
    assert loaded.match("two") is None


def test_next_stub_comes_before_later_and_earlier_stubs() -> None:
    loaded = scenarios([words("a"), words("b"), words("b"), words("c")])
    assert loaded.match("b", Position("c0", 0)) == Position("c0", 1)
    assert loaded.match("b", Position("c0", 1)) == Position("c0", 2)
    assert loaded.match("c", Position("c0", 0)) == Position("c0", 3)
    assert loaded.match("b", Position("c0", 3)) == Position("c0", 1)


def test_running_scenario_wins_over_a_more_specific_one() -> None:
    loaded = scenarios([words("a"), words("desk")], [words("desk", "heavy")])
    assert loaded.match("a heavy desk", Position("c0", 0)) == Position("c0", 1)
    assert loaded.match("desk heavy", Position("c1", 0)) == Position("c1", 0)


def test_most_specific_cue_wins_then_first_name_and_patterns_come_last() -> None:
    loaded = scenarios(
        [Cue(pattern="desk")], [words("desk")], [words("desk", "heavy")], [phrases("heavy desk")], [words("desk")]
    )
    assert loaded.match("a desk") == Position("c1", 0)
    assert loaded.match("a heavy desk") == Position("c2", 0)
    assert loaded.match("desks, deskless") == Position("c1", 0)
    assert loaded.match("deskless") == Position("c0", 0)


@pytest.mark.parametrize("pattern", ["(a", r"(?=x)a", r"(a)\1", "[", "(a{1000}){1000}"])
def test_invalid_or_unsupported_pattern_is_rejected(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*a){12}", "(a*)*b", ".*.*.*.*=.*;"])
def test_nested_pattern_does_not_backtrack(pattern: str) -> None:
    """With a backtracking engine, this test would not finish."""
    assert scenarios([Cue(pattern=f"{pattern}!")]).match("a" * 100_000) is None


def test_only_the_first_characters_of_a_long_message_are_matched() -> None:
    loaded = scenarios([words("desk")], [Cue(pattern="sofa")])
    assert loaded.match("x " * READ_CHARACTERS + "desk sofa") is None


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=60))
def test_words_of_any_text_are_non_empty_and_contain_no_blank_or_quote(text: str) -> None:
    read = words_of(text)
    assert all(word and " " not in word and '"' not in word for word in read)
    assert set(search_words_of(text)) <= set(read)


def test_function_words_are_not_searched() -> None:
    assert search_words_of("Which desks would you recommend for heavy tools, please?") == ["desk", "heavy", "tool"]
    assert search_words_of("お茶の本") == ["茶", "本"]


def test_sessions_drop_the_least_recently_used() -> None:
    sessions = Sessions(capacity=2)
    sessions.put("a", SessionState(Position("c0", 0)))
    sessions.put("b", SessionState(Position("c0", 1)))
    sessions.put("a", SessionState(Position("c0", 2)))
    sessions.put("c", SessionState())
    assert [sessions.get(name) for name in "abc"] == [SessionState(Position("c0", 2)), None, SessionState()]
    assert ("b" in sessions, "c" in sessions, len(sessions)) == (False, True, 2)


def test_sessions_distinguish_ids_of_any_content() -> None:
    sessions = Sessions()
    for index, name in enumerate(["A", "a", " a", "", "\ud800", "\x00", "x" * 100_000, "x" * 100_001]):
        sessions.put(name, SessionState(Position(f"c{index}", 0)))
    assert len(sessions) == 8
    assert sessions.get("x" * 100_000) == SessionState(Position("c6", 0))


@pytest.mark.parametrize(
    "twin", ["desk-A", "desk-a ", "desk-á", "desk-a\u0301", "desk-a\0b", "desk-" + "a" * 100, "desk"]
)
def test_ids_that_are_alike_are_two_conversations(twin: str) -> None:
    states = Sessions()
    states.put("desk-a", SessionState(user="ann"))
    assert states.get(twin) is None
    states.put(twin, SessionState(user="bob"))
    assert states.get("desk-a") == SessionState(user="ann")
