"""Documents are read strictly as YAML 1.2, and every value has its line."""

from __future__ import annotations

import json
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chat_contract import DocumentError, read_source
from chat_contract.document import repository
from chat_contract.document.limits import MAX_DEPTH
from chat_contract.document.positions import RepeatedKey
from chat_contract.document.repository import is_on_another_server
from chat_contract.document.source import Source, parse_source
from chat_contract.errors import render_pointer, shorten
from chat_contract.resources import openapi_dir
from tests.unit.chat_contract.conftest import Write
from tests.unit.chat_contract.properties import examples, json_values

HERE = Path("a.yaml")


def parse(text: str) -> Any:
    return parse_source(text, HERE).value


# Invalid documents ----------------------------------------------------------------------------------------------------

INVALID: dict[str, tuple[str | bytes, int | None, tuple[str | int, ...], str]] = {
    "broken syntax": ("a: 1\nb: [1, 2\nc: 3\n", 3, (), "invalid YAML"),
    "a tab for indentation": ("a:\n\tb: 1\n", 2, (), "invalid YAML"),
    "a control character": ("a: \x07\n", None, (), "invalid YAML"),
    "a duplicate key": ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, ("b", "c"), 'duplicate key "c"'),
    "a duplicate key in a flow mapping": ("a: {b: 1, b: 2}\n", 1, ("a", "b"), "duplicate key"),
    "a duplicate key in JSON": ('{"a": 1,\n "a": 2}', 2, ("a",), "duplicate key"),
    "keys that are equal as strings": ("1: a\n'1': b\n", 2, ("1",), "duplicate key"),
    "a second document": ("a: 1\n---\nb: 2\n", 2, (), "a second document"),
    "a tag": ("a:\n  - !!python/object:os.system x\n", 2, ("a", 0), "unsupported tag"),
    "a tag of YAML 1.1": ("a: !!timestamp 2024-01-01\n", 1, ("a",), "unsupported tag"),
    "a tag on a collection": ("a: !!set {b, c}\n", 1, ("a",), "unsupported tag"),
    "a merge key without a mapping": ("a: &a 1\nc:\n  <<: *a\n", 3, ("c", "<<"), "a merge key (<<) without a mapping"),
    "a merge key of a list of texts": ("c:\n  <<: [a, b]\n", 2, ("c", "<<"), "a merge key (<<) without a mapping"),
    "a list as a key": ("? [a, b]\n: 1\n", 1, (), "a list or a mapping as a key"),
    "an alias of a list as a key": ("a: &a [1]\n*a : 2\n", 2, (), "as a key is not a string"),
    "an undefined alias": ("a: *b\n", 1, ("a",), "is not defined above"),
    "an alias of its own parent": ("a: &a\n  b: *a\n", 2, ("a", "b"), "contains itself"),
    "infinity": ("a: .inf\n", 1, ("a",), "a number that JSON cannot represent"),
    "not a number": ("a: [1, .NaN]\n", 1, ("a", 1), "a number that JSON cannot represent"),
    "a number out of range": ("a: 1e999\n", 1, ("a",), "a number that JSON cannot represent"),
    "an integer of 400 digits": (f"a: {'9' * 400}\n", 1, ("a",), "a number that JSON cannot represent"),
    "an empty file": ("", 1, (), "empty document"),
    "only comments": ("# nothing\n# at all\n", 1, (), "empty document"),
    "bytes that are not UTF-8": (b"a: 1\nb: \xff\n", 2, (), "not UTF-8: byte 8 is 0xff"),
    "another encoding": ("a: é\n".encode("latin-1"), 1, (), "not UTF-8"),
    "deep nesting": ("[" * 100_000, 1, None, "nested more than 200 levels deep"),
    "deep nesting in blocks": (
        "".join(" " * depth + "a:\n" for depth in range(300)),
        201,
        None,
        "nested more than 200 levels deep",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_document_raises_an_error_with_file_line_and_pointer(case: str, write: Write) -> None:
    content, line, pointer, problem = INVALID[case]
    path = write(content)
    with pytest.raises(DocumentError) as caught:
        read_source(path)
    error = caught.value
    assert problem in error.problem
    assert error.path == str(path)
    assert error.hint
    if line is not None:
        assert error.line == line
        assert str(error).startswith(f"{path}:{line}")
    if pointer is not None:
        assert error.pointer == pointer


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_unreadable_file_is_named_in_the_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot read the file") as caught:
        read_source(tmp_path / name)
    assert caught.value.path == str(tmp_path / name)
    assert caught.value.line is None


def test_alias_bomb_raises_an_error() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, 12)]
    with pytest.raises(DocumentError, match="expands to more than") as caught:
        parse("\n".join(lines))
    assert caught.value.line == 7


def test_aliases_expand_to_their_values() -> None:
    assert parse("a: &a [1, 2]\nb: *a\nc: [*a, *a]\n") == {"a": [1, 2], "b": [1, 2], "c": [[1, 2], [1, 2]]}


def test_expanded_alias_is_a_copy() -> None:
    value = parse("a: &a [1]\nb: *a\n")
    value["a"].append(2)
    assert value["b"] == [1]


MERGED: tuple[tuple[str, Any], ...] = (
    ("<<: *x\n  b: 3", {"a": 1, "b": 3}),
    ("b: 3\n  <<: *x", {"a": 1, "b": 3}),
    ("<<: [*x, *y]", {"a": 1, "b": 2, "c": 5}),
    ("<<: *y\n  <<: *x", {"a": 4, "b": 2, "c": 5}),
    ("<<: {d: {e: 1}}", {"d": {"e": 1}}),
    ("<<: *z", {"a": 1, "b": 2, "n": [1]}),
    ("<<: {}\n  f: 6", {"f": 6}),
    ("'<<': 7", {"<<": 7}),
    ("x: <<", {"x": "<<"}),
)


@pytest.mark.parametrize(("written", "meant"), MERGED)
def test_merge_key_adds_the_keys_that_the_mapping_does_not_have(written: str, meant: Any) -> None:
    anchors = "x: &x {a: 1, b: 2}\ny: &y {a: 4, c: 5}\nz: &z\n  <<: *x\n  n: [1]\n"
    source = parse_source(f"{anchors}m:\n  {written}\nlast: 1\n", HERE)
    assert source.value["m"] == meant
    assert source.line(("last",)) == 8 + written.count("\n")


def test_merged_values_have_the_line_of_the_merge_key() -> None:
    source = parse_source("x: &x\n  a: {b: 1}\nm:\n  c: 1\n  <<: *x\n  d: 2\n", HERE)
    lines = {place: source.line(place) for place in (("m", "a"), ("m", "a", "b"), ("m", "c"), ("m", "d"))}
    assert lines == {("m", "a"): 5, ("m", "a", "b"): 5, ("m", "c"): 4, ("m", "d"): 6}


def test_merged_value_is_a_copy() -> None:
    value = parse("x: &x {a: [1]}\nm: {<<: *x}\nn: {<<: *x}\n")
    value["m"]["a"].append(2)
    assert (value["x"], value["n"]) == ({"a": [1]}, {"a": [1]})


def test_merge_keys_that_multiply_raise_an_error() -> None:
    lines = ["a0: &a0 {k: [1, 2, 3, 4, 5, 6, 7, 8, 9]}"]
    lines += [
        f"a{level}: &a{level} {{{', '.join(f'k{each}: {{<<: *a{level - 1}}}' for each in range(10))}}}"
        for level in range(1, 12)
    ]
    with pytest.raises(DocumentError, match="expands to more than"):
        parse("\n".join(lines))


def test_a_key_may_have_an_anchor() -> None:
    assert parse("&k a: 1\nb: *k\nc: {*k : 2}\n") == {"a": 1, "b": "a", "c": {"a": 2}}


def test_document_may_nest_up_to_the_limit() -> None:
    parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(DocumentError, match="nested more than 200 levels deep"):
        parse("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


# What scalars mean ---------------------------------------------------------------------------------------------------

MEANINGS: tuple[tuple[str, Any], ...] = (
    ("yes", "yes"),
    ("No", "No"),
    ("on", "on"),
    ("OFF", "OFF"),
    ("y", "y"),
    ("true", True),
    ("False", False),
    ("tRUE", "tRUE"),
    ("null", None),
    ("~", None),
    ("", None),
    ("nULL", "nULL"),
    ("2024-06-14", "2024-06-14"),
    ("2024-06-14T10:00:00Z", "2024-06-14T10:00:00Z"),
    ("12:30:45", "12:30:45"),
    ("190:20:30", "190:20:30"),
    ("'999.99'", "999.99"),
    ('"999.99"', "999.99"),
    ("999.99", 999.99),
    ("017", 17),
    ("0o17", 15),
    ("0o8", "0o8"),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("-5", -5),
    ("+5", 5),
    ("1_000", "1_000"),
    ("1e3", 1000.0),
    ("1.", 1.0),
    (".5", 0.5),
    (".", "."),
    ("5.0", 5.0),
    ("9007199254740993", 9007199254740993),
    ("!!str 5", "5"),
    ("! 5", "5"),
    ("=", "="),
    ("|\n  5\n", "5\n"),
)


@pytest.mark.parametrize(("written", "meant"), MEANINGS)
def test_scalars_have_the_value_of_yaml_1_2(written: str, meant: Any) -> None:
    value = parse(f"a: {written}\n")["a"]
    assert value == meant
    assert type(value) is type(meant)


def test_keys_are_strings() -> None:
    assert parse("200: a\ntrue: b\nnull: c\n1.5: d\nyes: e\n") == {
        "200": "a",
        "true": "b",
        "null": "c",
        "1.5": "d",
        "yes": "e",
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r'{"a": "\ud83d\ude00"}', "😀"),
        (r'["\uD83D\uDE00"]', "😀"),
        (r'["\\ud83d\\ude00"]', r"\ud83d\ude00"),
        (r'["\\\ud83d\ude00"]', "\\😀"),
        (r"a: '\ud83d\ude00'", r"\ud83d\ude00"),
    ],
)
def test_a_pair_of_escapes_in_json_is_one_character(written: str, meant: str) -> None:
    value = parse(written)
    assert meant in (value.values() if isinstance(value, dict) else value)


def test_byte_order_mark_is_ignored(write: Write) -> None:
    assert read_source(write(b"\xef\xbb\xbfa: 1\n")).value == {"a": 1}


# Lines ---------------------------------------------------------------------------------------------------------------


def test_each_place_has_the_line_of_its_key_or_element() -> None:
    source = parse_source("a:\n  b:\n    - 1\n    - c: 2\n\n# comment\nd: |\n  text\n", HERE)
    expected = {(): 1, ("a",): 1, ("a", "b"): 2, ("a", "b", 0): 3, ("a", "b", 1): 4, ("a", "b", 1, "c"): 4, ("d",): 7}
    assert {place: source.line(place) for place in places(source.value)} == expected


def test_place_outside_the_file_has_the_line_of_its_nearest_parent() -> None:
    source = parse_source("a: &a\n  b: 1\nc: *a\n", HERE)
    assert source.line(("c", "b")) == 3
    assert source.line(("nowhere", 5)) == 1


def places(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer, *(place for key, child in children for place in places(child, (*pointer, key)))]


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal, distinguishing 1, 1.0 and true."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@given(json_values(), st.sampled_from([None, 1, "\t"]))
@examples(300)
def test_json_is_read_as_it_was_written(value: Any, indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent)
    source = parse_source(text, HERE)
    assert same(source.value, value)
    assert_lines_exist(source, text)


@given(json_values(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=12)))
@examples(200)
def test_yaml_is_read_as_it_was_written(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    source = parse_source(text, HERE)
    assert same(source.value, value)
    assert_lines_exist(source, text)


def assert_lines_exist(source: Source, text: str) -> None:
    for place in places(source.value):
        assert 1 <= source.line(place) <= text.count("\n") + 1
        assert source.line(place) >= source.line(place[:-1])


# Anything ------------------------------------------------------------------------------------------------------------


def read_or_raise(raw: bytes, path: Path) -> None:
    path.write_bytes(raw)
    try:
        value = read_source(path).value
    except DocumentError as error:
        value = str(error)
    assert json.loads(json.dumps(value)) == value


@given(st.binary(max_size=60))
@examples(300)
def test_any_bytes_are_read_or_raise_a_document_error(tmp_path: Path, raw: bytes) -> None:
    read_or_raise(raw, tmp_path / "any.yaml")


@given(st.text(st.sampled_from("ab01 \n\t-:?&*!|>[]{},#'\"%@~<=.\\_e+"), max_size=40))
@examples(600)
def test_any_punctuation_is_read_or_raises_a_document_error(tmp_path: Path, text: str) -> None:
    read_or_raise(text.encode(), tmp_path / "any.yaml")


CHAT = (openapi_dir() / "chat.yaml").read_bytes()


@given(st.integers(0, len(CHAT)), st.integers(0, 60), st.binary(max_size=4))
@examples(80)
def test_contract_with_replaced_bytes_is_read_or_raises_a_document_error(
    tmp_path: Path, start: int, length: int, piece: bytes
) -> None:
    read_or_raise(CHAT[:start] + piece + CHAT[start + length :], tmp_path / "any.yaml")


# Messages ------------------------------------------------------------------------------------------------------------


def test_message_has_file_line_pointer_value_and_hint() -> None:
    error = parse_source("a:\n  b/c: 5\n", HERE).error("is wrong", pointer=("a", "b/c"), value=5, hint="Fix it.")
    assert str(error) == "a.yaml:2 (/a/b~1c): is wrong\n  value: 5\n  hint:  Fix it."


def test_message_shows_null_but_not_an_absent_value() -> None:
    assert "value: null" in str(DocumentError("p", path="f", value=None))
    assert "value" not in str(DocumentError("p", path="f"))


@pytest.mark.parametrize(
    ("pointer", "written"), [((), ""), (("a", 0), "/a/0"), (("a/b", "~"), "/a~1b/~0"), (("",), "/")]
)
def test_pointer_is_rendered_as_in_rfc_6901(pointer: tuple[str | int, ...], written: str) -> None:
    assert render_pointer(pointer) == written


@pytest.mark.parametrize("value", ["x" * 500, {"a": "é" * 500}, {1, 2}, 10**5000, float("nan"), b"bytes"], ids=type)
def test_shorten_returns_one_line_of_at_most_120_characters(value: Any) -> None:
    shown = shorten(value)
    assert len(shown) <= 120
    assert "\n" not in shown


def test_number_too_long_to_render_does_not_hide_the_error() -> None:
    source = parse_source(f"a: 0x{'f' * 5000}\n", HERE)
    assert "value:" in str(source.error("is wrong", pointer=("a",), value=source.value["a"], hint="Fix it."))


def test_the_last_of_equal_keys_counts_where_the_caller_collects_them() -> None:
    repeated: list[RepeatedKey] = []
    source = parse_source("a: {b: 1, c: [1, 2]}\nd: 1\na:\n  e: &x {f: 1}\ng: *x\nd: 2\n", HERE, repeated=repeated)
    assert source.value == {"a": {"e": {"f": 1}}, "g": {"f": 1}, "d": 2}
    assert repeated == [RepeatedKey("a", 3), RepeatedKey("d", 6)]
    assert [source.line(one) for one in (("a",), ("a", "e"), ("g",), ("d",))] == [3, 4, 5, 6]


def test_repeated_keys_of_json_have_the_line_of_the_repetition() -> None:
    repeated: list[RepeatedKey] = []
    text = '{"a\\"b": ["}", {"x": "x", \n"x" : "a\\"b"}],\n"c": "c",\n"a\\u0022b": {}, "c": [{}]}\n'
    assert parse_source(text, HERE, repeated=repeated).value == {'a"b': {}, "c": [{}]}
    assert repeated == [RepeatedKey("x", 2), RepeatedKey('a"b', 4), RepeatedKey("c", 4)]


# Links ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a repository beside a file of somebody else."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "token.yaml").write_text("s3cr3t")
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "docs").mkdir()
    (project / "docs" / "real.yaml").write_text("a: 1")
    return project


@pytest.mark.parametrize(
    ("link", "target", "name"),
    [
        ("docs/a.yaml", "../../home/token.yaml", "docs/a.yaml"),
        ("other", "../home", "other/token.yaml"),
    ],
)
def test_link_that_leads_outside_the_repository_is_refused(project: Path, link: str, target: str, name: str) -> None:
    (project / link).symlink_to(target)
    with pytest.raises(DocumentError, match="leads outside") as refused:
        read_source(project / name)
    assert "s3cr3t" not in str(refused.value)


def test_folder_that_links_to_another_repository_stays_outside(project: Path) -> None:
    (project.parent / "home" / ".git").mkdir()
    (project / "other").symlink_to("../home")
    with pytest.raises(DocumentError, match="leads outside"):
        read_source(project / "other" / "token.yaml")


def test_links_inside_the_repository_and_links_to_a_folder_without_repository_are_followed(project: Path) -> None:
    (project / "a.yaml").symlink_to("docs/real.yaml")
    (project / "more").symlink_to("docs")
    (project.parent / "current").symlink_to("home")
    (project.parent / "checkout").symlink_to("project")
    assert read_source(project / "a.yaml").value == {"a": 1}
    assert read_source(project / "more" / "real.yaml").value == {"a": 1}
    assert read_source(project.parent / "current" / "token.yaml").value == "s3cr3t"
    assert read_source(project.parent / "checkout" / "a.yaml").value == {"a": 1}


def test_link_of_a_file_outside_any_repository_stays_in_its_folder(project: Path) -> None:
    folder = project.parent / "mounted"
    (folder / "..data").mkdir(parents=True)
    (folder / "..data" / "chat.yaml").write_text("a: 1")
    (folder / "chat.yaml").symlink_to("..data/chat.yaml")
    (folder / "token.yaml").symlink_to("../home/token.yaml")
    assert read_source(folder / "chat.yaml").value == {"a": 1}
    with pytest.raises(DocumentError, match="leads outside"):
        read_source(folder / "token.yaml")


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_line_separator_of_yaml_1_1_is_refused(separator: str) -> None:
    with pytest.raises(DocumentError, match=f"line separator U\\+{ord(separator):04X}") as error:
        parse_source(f"a: 1 # comment\nb: 2 # comment{separator}c: 3\n", "x.yaml")
    assert error.value.line == 2
    assert parse_source(f'{{"a": "{separator}"}}', "x.json").value == {"a": separator}
    assert parse_source(f'a: "\\u{ord(separator):04x}"', "x.yaml").value == {"a": separator}


def test_message_has_no_line_of_its_own_for_a_name_with_a_line_break() -> None:
    name = "x\n::error::x\r"
    error = DocumentError(f"unknown key {name}", path=name, line=1, pointer=(name,), value=name, hint=f"Write {name}.")
    lines = str(error).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["value:", "hint:"]
    assert lines[0] == r"x\n::error::x\r:1 (/x\n::error::x\r): unknown key x\n::error::x\r"


@pytest.mark.parametrize(
    ("path", "outside"),
    [("//host/share/x.yaml", True), (r"\\host\share\x.yaml", True), (r"\\.\pipe\x", True), ("C:/project/x", False),
     (r"\\Files\Work\x.yaml", False), ("x.yaml", False)],
)  # fmt: skip
def test_path_to_another_server_of_windows_is_recognized_without_a_lookup(path: str, outside: bool) -> None:
    top = PureWindowsPath(r"\\files\work\project" if "Files" in path else "C:/project")
    assert is_on_another_server(PureWindowsPath(path), top) is outside


def test_path_to_another_server_is_refused_before_it_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "is_on_another_server", lambda path, top: True)
    monkeypatch.setattr(repository, "real_path", lambda path: pytest.fail("looked up"))
    assert repository.is_foreign(Path("x"), Path("/top"))
