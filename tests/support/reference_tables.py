"""Tables that are generated into pages written by hand, between two comments::

<!-- table: turn-keys -->
…
<!-- end of table -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click

from kit_options.durations import Duration, DurationRange
from kit_options.sizes import Size, shown_size
from mock_server.control.description import describe
from mock_server.overrides.rules import CONDITION_KEYS, OVERRIDE_KEYS
from mock_server.overrides.schema import rule_schema
from mock_server.shop.editor_schemas import conversation_schema
from tests.support.paths import ROOT
from tests.support.texts import PRODUCTS, commands

_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n\n).*?(<!-- end of table -->)", re.DOTALL)
_OF_PREFERENCES = ("code", "example", "dynamic", "conversation", "delay", "fault")
_VARIABLE = re.compile(r"(?<!_)\b(CHAT_[A-Z_]*[A-Z]|NO_COLOR|HYPOTHESIS_STORAGE_DIRECTORY)\b")
_OTHERS = re.compile("CHAT_LOAD_|CHAT_CONTRACT_(?:REQUIRE_ALL|COMPLETE|VERIFY_[A-Z_]+)$")
"""Variables between processes of the kit, for its tests, and those that set an option of a command."""
_VARIABLES: Mapping[str, str] = {
    "CHAT_API_KEY": "The key in the commands and scripts that reports contain.",
    "CHAT_BASE_URL": "The server of the tests that `--report pytest` writes.",
    "CHAT_CONTRACT": "The command with which [JavaScript tests](../how-to/javascript.md) start the mock.",
    "CHAT_CONTRACT_CONFIG": "The configuration file, as `--config`.",
    "CHAT_CONTRACT_STORE_PASSWORD": "The password of the Redis of `mock --store`, for a URL without one.",
    "CHAT_CONTRACT_MOCK_CONTROL_TOKEN": "The token of `mock --control-token`. Unlike the option, it does not appear in "
    "the list of processes.",
    "CHAT_MOCK_TOKEN": "The `--control-token` of the mock at `CHAT_MOCK_URL`.",
    "CHAT_MOCK_URL": "The base URL of a running mock for JavaScript tests.",
    "CHAT_PROXY_PASSWORD": "The password of the proxy in the commands that reports contain.",
    "HYPOTHESIS_STORAGE_DIRECTORY": "The folder in which Hypothesis keeps its data.",
    "NO_COLOR": "Turns colour off.",
}


def with_tables(page: str) -> str:
    """Return a page of docs/reference with its tables made again."""
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text("utf-8")
    assert _TABLE.search(text), f"{page} contains no table to generate"
    return _TABLE.sub(lambda found: found[1] + "\n".join(_TABLES[found[2]]()) + "\n\n" + found[3], text)


def _table(first: str, second: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"| {first} | {second} |", "| --- | --- |")
    yield from (f"| `{name}` | {text} |" for name, text in rows)


def _keys(schema: Mapping[str, Any], names: Iterable[str] = ()) -> Iterator[str]:
    properties = schema["properties"]
    return _table("key", "effect", ((name, properties[name]["description"]) for name in names or properties))


def _turn() -> Mapping[str, Any]:
    turn: Mapping[str, Any] = conversation_schema()["properties"]["turns"]["items"]
    return turn


def _operations() -> Iterator[tuple[str, str]]:
    for path, operations in describe()["paths"].items():
        for method, operation in operations.items():
            yield f"{method.upper()} {path[1:].replace('{name}', 'NAME')}", _with_code(operation["summary"])


def _filters() -> Iterator[tuple[str, str]]:
    for parameter in describe()["paths"]["/requests"]["get"]["parameters"]:
        values = "|".join(parameter["schema"].get("enum", ()))
        yield f"{parameter['name']}={values}".replace("|", "\\|"), _with_code(parameter["description"])


def _bounds() -> Iterator[str]:
    """Yield the table of the options with a bound: numbers, sizes and durations."""
    yield from ("| option | default | least | greatest |", "| --- | --- | --- | --- |")
    rows: dict[tuple[str, ...], list[str]] = {}
    for context in commands():
        for option in context.command.params:
            if isinstance(option, click.Option) and (bounds := _bounds_of(option)) is not None:
                rows.setdefault((option.opts[-1], *bounds), []).append(context.info_name or "")
    for (name, *cells), names in sorted(rows.items()):
        yield f"| `{name}` of {', '.join(f'`{one}`' for one in dict.fromkeys(names))} | {' | '.join(cells)} |"


def _bounds_of(option: click.Option) -> tuple[str, ...] | None:
    kind = option.type
    default = "" if option.default is None or not isinstance(option.default, int | float | str) else str(option.default)
    if isinstance(kind, click.IntRange | click.FloatRange):
        least = f"above {kind.min}" if kind.min_open else str(kind.min)
        return default, least, "" if kind.max is None else f"{kind.max}"
    if isinstance(kind, Size):
        return "" if default == "" else default, shown_size(kind.least), ""
    if isinstance(kind, DurationRange):
        return default, "0s", f"{kind.longest:g}s"
    if isinstance(kind, Duration):
        return default, f"{kind.shortest:g}s", f"{kind.longest:g}s"
    return None


def _variables() -> Iterator[tuple[str, str]]:
    """Yield the variables that the sources name; one without a meaning here is an error."""
    sources = [path for package in PRODUCTS for path in (ROOT / package).rglob("*.py")]
    sources += (ROOT / "packages").glob("*/src/*.js")
    named = {name for path in sources for name in _VARIABLE.findall(path.read_text("utf-8"))}
    return ((name, _VARIABLES[name]) for name in sorted(named) if not _OTHERS.match(name))


def _with_code(text: str) -> str:
    return re.sub(r"(--[a-z-]+|\b[a-z]+: true)", r"`\1`", text)


_TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    "shopper-keys": lambda: _keys(_turn()["properties"]["shopper"]),
    "turn-keys": lambda: _keys(_turn()),
    "rule-keys": lambda: _keys(rule_schema(), [key for key in OVERRIDE_KEYS if key not in _OF_PREFERENCES]),
    "rule-conditions": lambda: _keys(rule_schema(), ["times", "share", *CONDITION_KEYS]),
    "control-api": lambda: _table("request", "effect", _operations()),
    "journal-filters": lambda: _table("filter", "selects", _filters()),
    "option-bounds": _bounds,
    "environment": lambda: _table("variable", "meaning", _variables()),
}
