"""Overlays follow OpenAPI Overlay 1.1, and errors in them have their place."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonpath_rfc9535
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_contract import DocumentError, Source
from chat_contract.document import overlay, queries
from chat_contract.document.limits import Visits
from chat_contract.document.overlay import apply_overlay
from chat_contract.document.source import parse_source
from tests.unit.chat_contract.documents import overlay_of, update

DOCUMENT = {
    "info": {"title": "Shop", "tags": ["a", "b"], "contact": {"name": "Ann", "tel": 5}},
    "paths": {"/a": {"get": {"x": 1}}, "/b": {"get": {"x": 2}, "post": {"x": 3}}, "/c": {}},
    "list": [{"n": 1}, {"n": 2}, {"n": 3}],
}


def source(value: Any) -> Source:
    return Source(Path("overlay.yaml"), value)


def apply(*actions: Any) -> Any:
    return apply_overlay(DOCUMENT, source(overlay_of(*actions)))


def changed(*path: Any, to: Any) -> dict[str, Any]:
    document: Any = copy.deepcopy(DOCUMENT)
    place = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = to
    return document


def remove(target: str) -> dict[str, Any]:
    return {"target": target, "remove": True}


def copied(target: str, origin: str) -> dict[str, Any]:
    return {"target": target, "copy": origin}


DONE: dict[str, tuple[list[Any], Any]] = {
    "an object is merged, deep": (
        [update("$.info", {"contact": {"name": "Bob", "mail": "b@c"}})],
        changed("info", "contact", to={"name": "Bob", "tel": 5, "mail": "b@c"}),
    ),
    "a new property is added": ([update("$.info", {"new": [1]})], changed("info", "new", to=[1])),
    "the root can be updated": ([update("$", {"info": {"title": "T"}})], changed("info", "title", to="T")),
    "a list inside an object is joined": (
        [update("$.info", {"tags": ["c"]})],
        changed("info", "tags", to=["a", "b", "c"]),
    ),
    "a list is joined with a list": ([update("$.info.tags", ["c", "d"])], changed("info", "tags", to=[*"abcd"])),
    "a list gets a value": ([update("$.info.tags", "c")], changed("info", "tags", to=["a", "b", "c"])),
    "a list gets an object": ([update("$.list", {"n": 4})], changed("list", to=[{"n": n} for n in (1, 2, 3, 4)])),
    "a text is replaced": ([update("$.info.title", "New")], changed("info", "title", to="New")),
    "a number is replaced by null": ([update("$.info.contact.tel", None)], changed("info", "contact", "tel", to=None)),
    "all that match are updated": (
        [update("$.paths.*.get", {"y": 0})],
        changed(
            "paths", to={"/a": {"get": {"x": 1, "y": 0}}, "/b": {"get": {"x": 2, "y": 0}, "post": {"x": 3}}, "/c": {}}
        ),
    ),
    "a filter chooses": (
        [update("$.list[?@.n > 1]", {"big": True})],
        changed("list", to=[{"n": 1}, {"n": 2, "big": True}, {"n": 3, "big": True}]),
    ),
    "a member is removed": ([remove("$.paths['/b']")], changed("paths", to={"/a": {"get": {"x": 1}}, "/c": {}})),
    "elements are removed": ([remove("$.list[?@.n < 3]")], changed("list", to=[{"n": 3}])),
    "an element of a plain list is removed": ([remove("$.info.tags[?@ == 'a']")], changed("info", "tags", to=["b"])),
    "what matches twice is removed once": ([remove("$.list[0,0]")], changed("list", to=[{"n": 2}, {"n": 3}])),
    "what matches twice is extended once": (
        [update("$.info['tags','tags']", ["c"])],
        changed("info", "tags", to=["a", "b", "c"]),
    ),
    "a place and what is in it are removed": ([remove("$.info..*")], changed("info", to={})),
    "remove wins over update": (
        [{**remove("$.paths['/a']"), "update": {"y": 1}}],
        changed("paths", to={"/b": {"get": {"x": 2}, "post": {"x": 3}}, "/c": {}}),
    ),
    "a copy is merged": (
        [copied("$.paths['/a']", "$.paths['/b']")],
        changed("paths", "/a", to={"get": {"x": 2}, "post": {"x": 3}}),
    ),
    "a place is moved": (
        [update("$.paths", {"/d": {}}), copied("$.paths['/d']", "$.paths['/a']"), remove("$.paths['/a']")],
        changed("paths", to={"/b": {"get": {"x": 2}, "post": {"x": 3}}, "/c": {}, "/d": {"get": {"x": 1}}}),
    ),
    "actions are done in their order": (
        [remove("$.info.title"), update("$.info", {"title": {"de": "Laden"}})],
        changed("info", "title", to={"de": "Laden"}),
    ),
    "extensions and descriptions mean nothing": (
        [{**update("$.info.title", "T"), "x-why": 1, "description": "Because."}],
        changed("info", "title", to="T"),
    ),
}


@pytest.mark.parametrize("case", DONE)
def test_action_has_the_effect_that_the_specification_states(case: str) -> None:
    actions, expected = DONE[case]
    assert apply(*actions) == expected


def test_apply_overlay_does_not_change_its_argument() -> None:
    before = copy.deepcopy(DOCUMENT)
    apply(update("$.info", {"contact": {"name": "B"}}), remove("$.list"), update("$.paths['/c']", {"a": [1]}))
    assert before == DOCUMENT


def test_places_updated_by_one_action_share_no_value() -> None:
    document = apply(update("$.paths.*", {"tags": ["t"]}))
    document["paths"]["/a"]["tags"].append("u")
    assert document["paths"]["/b"]["tags"] == ["t"]


def test_copied_value_is_independent_of_its_source() -> None:
    document = apply(copied("$.paths['/c']", "$.paths['/a']"))
    document["paths"]["/c"]["get"]["x"] = 9
    assert document["paths"]["/a"]["get"]["x"] == 1


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "1.1.7"])
def test_overlay_versions_1_0_and_1_1_are_supported(version: str) -> None:
    assert apply_overlay(DOCUMENT, source(overlay_of(update("$.info.title", "T")) | {"overlay": version}))


OK = update("$.info.title", "T")
INVALID: dict[str, tuple[Any, tuple[str | int, ...], str]] = {
    "a list": ([OK], (), "expected an overlay"),
    "a string": ("text", (), "expected an overlay"),
    "nothing": (None, (), "expected an overlay"),
    "no version": ({"actions": [OK]}, ("overlay",), "unsupported overlay version"),
    "a later version": (overlay_of(OK) | {"overlay": "2.0.0"}, ("overlay",), "unsupported overlay version"),
    "a version that is a number": (overlay_of(OK) | {"overlay": 1.1}, ("overlay",), "unsupported overlay version"),
    "no actions": ({"overlay": "1.1.0"}, ("actions",), "must be a non-empty list"),
    "an empty list of actions": (overlay_of(), ("actions",), "must be a non-empty list"),
    "actions that are a mapping": (overlay_of() | {"actions": {"a": 1}}, ("actions",), "must be a non-empty list"),
    "an action that is a string": (overlay_of(OK, "$.info"), ("actions", 1), 'the action has no "target"'),
    "an action without a target": (overlay_of({"update": {}}), ("actions", 0), 'the action has no "target"'),
    "a target that is not a string": (
        overlay_of({"target": 5, "update": 1}),
        ("actions", 0),
        'the action has no "target"',
    ),
    "an unknown key": (overlay_of(OK | {"upsert": 1}), ("actions", 0, "upsert"), 'unknown key "upsert"'),
    "a target that is not a query": (overlay_of(update("info", 1)), ("actions", 0, "target"), "invalid JSONPath query"),
    "an empty target": (overlay_of(update("", 1)), ("actions", 0, "target"), "invalid JSONPath query"),
    "a truncated target": (overlay_of(update("$.paths['/a", 1)), ("actions", 0, "target"), "invalid JSONPath query"),
    "a query of another dialect": (
        overlay_of(update("$.a[(@.length-1)]", 1)),
        ("actions", 0, "target"),
        "invalid JSONPath query",
    ),
    "a target that matches nothing": (overlay_of(OK, update("$.none", 1)), ("actions", 1, "target"), "matches nothing"),
    "removing the whole": (overlay_of(remove("$")), ("actions", 0), "the whole document cannot be removed"),
    "no effect": (overlay_of({"target": "$.info"}), ("actions", 0), "the action has no effect"),
    "remove: false": (overlay_of({"target": "$.info", "remove": False}), ("actions", 0), "the action has no effect"),
    "a copy of nothing": (overlay_of(copied("$.info", "$.none")), ("actions", 0, "copy"), "matches nothing"),
    "a copy of several": (
        overlay_of(copied("$.info", "$.list[*]")),
        ("actions", 0, "copy"),
        "copy must match exactly one place, found 3",
    ),
    "a copy that is not a query": (
        overlay_of({"target": "$.info", "copy": 5}),
        ("actions", 0, "copy"),
        "invalid JSONPath query",
    ),
    "a string for an object": (
        overlay_of(update("$.info", "T")),
        ("actions", 0, "update"),
        "cannot merge into a value of another type",
    ),
    "a list for an object": (
        overlay_of(update("$.info", ["T"])),
        ("actions", 0, "update"),
        "cannot merge into a value of another type",
    ),
    "an object for a string": (
        overlay_of(update("$.info.title", {"a": 1})),
        ("actions", 0, "update"),
        "cannot merge into a value of another type",
    ),
    "a list for a string, deep": (
        overlay_of(update("$", {"info": {"title": ["T"]}})),
        ("actions", 0, "update", "info", "title"),
        "cannot merge into a value of another type",
    ),
    "a string for a list, deep": (
        overlay_of(update("$.info", {"tags": "c"})),
        ("actions", 0, "update", "tags"),
        "cannot merge into a value of another type",
    ),
    "a copy that cannot merge into a value of another type": (
        overlay_of(copied("$.info", "$.list")),
        ("actions", 0, "copy"),
        "cannot merge into a value of another type",
    ),
    "a string for the whole": (
        overlay_of(update("$", "T")),
        ("actions", 0, "update"),
        "cannot merge into a value of another type",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_overlay_raises_an_error_with_its_pointer(case: str) -> None:
    value, pointer, problem = INVALID[case]
    with pytest.raises(DocumentError) as caught:
        apply_overlay(DOCUMENT, source(value))
    error = caught.value
    assert problem in error.problem
    assert error.pointer == pointer
    assert error.path == "overlay.yaml"
    assert error.hint


def test_value_that_is_copied_into_parts_of_itself_is_copied_as_it_was() -> None:
    copied = apply({"target": "$.paths.*", "copy": "$.paths"})
    assert [set(copied["paths"][path]) - {"get", "post"} for path in DOCUMENT["paths"]] == [{"/a", "/b", "/c"}] * 3
    assert copied["paths"]["/c"]["/a"] == DOCUMENT["paths"]["/a"]


def test_values_that_an_overlay_adds_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "MAX_NODES", 5_000)
    copies = [{"target": "$.paths", "copy": "$"}]
    apply(*copies * 5)
    with pytest.raises(DocumentError, match="adds more than 5,000 values"):
        apply(*copies * 40)


def test_levels_that_an_overlay_adds_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "MAX_DEPTH", 20)
    copies = [{"target": "$..contact", "copy": "$"}]
    apply(*copies * 2)
    with pytest.raises(DocumentError, match="more than 20 levels"):
        apply(*copies * 5)


@pytest.mark.parametrize(
    "query",
    [
        "$" + "[*,*,*,*,*,*,*,*,*,*]" * 4,
        "$" + "[*,*,*,*,*,*,*,*,*,*]" * 9 + ".none",
        "$..[?@" + "[*,*,*,*,*,*,*,*,*,*]" * 9 + "]",
        "$..[?count($" + "..*" * 9 + ") > 1]",
    ],
)
def test_queries_of_an_overlay_visit_a_limited_number_of_values(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay, "MAX_NODES", 5_000)
    with pytest.raises(DocumentError, match="visit more than 5,000 values"):
        apply({"target": query, "remove": True})


def test_repeated_names_match_each_place_once() -> None:
    assert overlay._named(NESTED, "$" + "['a','a','a','a']" * 2) is not None
    assert overlay._named({"a": {"a": 1}}, "$" + "['a','a']" * 2) == [("a", "a")]


TEXTS = ["a", "ab", "b", "", "a\n", "\r", "😀", "é", "a.b", "(", "1-2"]


@pytest.mark.parametrize("name", ["match", "search"])
@pytest.mark.parametrize(
    "pattern",
    ["a", "a|b", "a.*", ".", "..", "[^a]", "[.]", "a[.]b", "\\\\p{L}", "[a-c]+", "a{2}", "\\\\.", "(", "\\\\d"],
)
def test_patterns_in_queries_match_as_in_the_library(name: str, pattern: str) -> None:
    query = f"$[?{name}(@, '{pattern}')]"
    expected = [node.location for node in jsonpath_rfc9535.find(query, TEXTS)]
    assert queries.find(query, TEXTS, Visits(1000)) == expected


@pytest.mark.parametrize(
    "query", ["$..a", "$..*", "$.a[0]", "$..[?@.b]", "$..[?@.a == 3]", "$..[?count(@.*) > 1]", "$.a[*]"]
)
def test_counted_queries_match_what_the_library_matches(query: str) -> None:
    found = [node.location for node in jsonpath_rfc9535.find(query, NESTED)]
    assert queries.find(query, NESTED, Visits(1000)) == list(dict.fromkeys(found))


def test_pattern_in_a_query_takes_linear_time() -> None:
    """An engine that backtracks does not end."""
    assert queries.find("$[?match(@, '(a|aa)+b')]", ["a" * 100_000, "ab"], Visits(1000)) == [(1,)]


def test_error_has_the_line_in_the_overlay() -> None:
    overlay = parse_source(
        "overlay: 1.1.0\nactions:\n  - target: $.info\n    update: {}\n  - target: $.no\n    update: 1\n", Path("o")
    )
    with pytest.raises(DocumentError) as caught:
        apply_overlay(DOCUMENT, overlay)
    assert (caught.value.line, caught.value.value) == (5, "$.no")


NESTED = {"a": {"b": {"a": 1, "/b": 2}, "c_d": [{"a": 3}], "/b": {"b": 4}}, "/b": {"a": {}}, "c_d": 5}
NAMES = st.sampled_from(["a", "b", "/b", "c_d", "e-f"])
STEPS = st.one_of(
    st.sampled_from([".a", ".b", ".c_d"]),
    st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "[" + ",".join(f"'{name}'" for name in names) + "]"),
)


@given(st.lists(STEPS, min_size=1, max_size=4).map("".join))
def test_query_of_names_matches_what_the_library_matches(steps: str) -> None:
    query = f"${steps}"
    found = [node.location for node in jsonpath_rfc9535.find(query, NESTED)]
    assert overlay._named(NESTED, query) == list(dict.fromkeys(found))


@pytest.mark.parametrize("query", ["$", "$..a", "$.a[0]", "$.a[*]", "$.a[?@.b]", "$['a\\'b']", "a.b", "$.a ", "$[a]"])
def test_query_of_anything_else_is_left_to_the_library(query: str) -> None:
    assert overlay._named(NESTED, query) is None
