"""Generates request bodies as text: valid, invalid and malformed. A seed makes them repeatable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random

_TEXTS = (
    *(
        "hi",
        "",
        "Which desk?",
        "né à l'été",
        "お茶",
        "😀 ok",
        'a "quoted" one',
        "back\\slash",
        "tab\there",
        "\u2028",
        "0",
        "null",
    ),
    *("a" * 300, "%s{}$(x)", "\u0000", "<b>", "ST678VG", " lead", "trail ", "\x7f", "e\u0301", "\uffff", "1e5", "true"),
)
_NUMBERS = (
    *(
        "0",
        "1",
        "4",
        "5",
        "-1",
        "-0",
        "0.0",
        "-0.0",
        "5.0",
        "5.5",
        "1e0",
        "1e2",
        "1E+2",
        "2.5e-3",
        "1e18",
        "1e25",
        "-1.0",
    ),
    *("2147483648", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e300"),
    *(
        "1" * 25,
        "9" * 299,
        "0.1",
        "123456789.987654321",
        "1e-7",
        "1e16",
        "123456789012345680.0",
        "5e-324",
        "1718359200",
    ),
    *("1718359200000", "1e11", "-1e10", "253402300799", "253402300800"),
)
_NUMERIC_TEXTS = (
    *(
        "5",
        "5.0",
        "5.5",
        " 5 ",
        "+5",
        "-5",
        "1_000",
        "1__0",
        "",
        " ",
        "0x5",
        "٥",
        "abc",
        "1e2",
        "05",
        "5.",
        ".5",
        "-0",
        "5,0",
    ),
    *("1" * 25, "NaN", "inf", "true", "5 5", "\n5", "5\t"),
)
_DATES = (
    "2024-06-14",
    "2024-02-29",
    "2023-02-29",
    "0001-01-01",
    "0000-01-01",
    "9999-12-31",
    "2024-13-01",
    "2024-6-14",
    "1000-01-01",
)
_SEPARATORS = ("T", "T", "T", "t", " ", "_", "", "  ")
_TIMES = (
    "10:00:00",
    "23:59:59",
    "23:59:60",
    "24:00:00",
    "10:00",
    "10",
    "10:00:00.5",
    "10:00:00.123456",
    "10:00:00.1234567890",
    "10:60:00",
    "1:00:00",
    "10:00:00,5",
)
_OFFSETS = ("Z", "Z", "Z", "z", "+00:00", "-14:00", "+23:59", "+24:00", "+0530", "+05", "", " Z", "Zx", "\u221201:00")
_OTHER_TIMES = (
    "not a date",
    "",
    "1718359200",
    "1718359200.5",
    "1718359200000",
    "20240614T100000Z",
    "2024-W24-5",
    "14/06/2024",
    "now",
    "-1",
    "1e9",
    "2024-06-14T10:00:00Z\n",
    " 2024-06-14T10:00:00Z",
    "10000-01-01T00:00:00Z",
    "٢٠٢٤-06-14T10:00:00Z",
)
_ODD_NAMES = ("x", "Message", "message ", "", "__proto__", "constructor", "é", "limit\u0000", "item_id", "a b")
_EVENT_FIELDS = ("timestamp", "type", "item_id", "description")


class Bodies:
    """An endless sequence of bodies."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self._body().encode("utf-8")

    def _body(self) -> str:
        roll = self._chance.random()
        if roll < 0.04:
            return self._anything(3)
        text = self._request()
        return self._damaged(text) if roll > 0.9 else text

    def _maybe(self, share: float) -> bool:
        return self._chance.random() < share

    def _of(self, choices: tuple[str, ...]) -> str:
        return self._chance.choice(choices)

    # Text forms of values ---------------------------------------------------------------------------------------------

    def _string(self, text: str) -> str:
        written = json.dumps(text, ensure_ascii=self._maybe(0.3))
        return written.replace("/", "\\/") if self._maybe(0.1) else written

    def _text(self) -> str:
        if self._maybe(0.2):
            length = self._chance.randint(0, 12)
            return self._string("".join(chr(self._codepoint()) for _ in range(length)))
        return self._string(self._of(_TEXTS))

    def _codepoint(self) -> int:
        return self._chance.choice(
            [self._chance.randint(0, 0x7F), self._chance.randint(0, 0xD7FF), self._chance.randint(0xE000, 0x1FFFF)]
        )

    def _number(self) -> str:
        return self._of(_NUMBERS) if self._maybe(0.7) else repr(self._chance.uniform(-1e6, 1e6))

    def _anything(self, depth: int) -> str:
        kinds: list[Callable[[], str]] = [
            lambda: self._of(("null", "true", "false")),
            self._number,
            self._text,
            lambda: self._string(self._of(_NUMERIC_TEXTS)),
        ]
        if depth:
            kinds += [lambda: self._array(depth - 1), lambda: self._some_object(depth - 1)]
        return self._chance.choice(kinds)()

    def _array(self, depth: int) -> str:
        return self._joined("[", [self._anything(depth) for _ in range(self._chance.randint(0, 3))], "]")

    def _some_object(self, depth: int) -> str:
        names = [self._of((*_ODD_NAMES, *_EVENT_FIELDS, "message")) for _ in range(self._chance.randint(0, 3))]
        return self._object({name: self._anything(depth) for name in names})

    def _object(self, members: dict[str, str]) -> str:
        pairs = [f"{self._string(name)}{self._blank()}:{self._blank()}{value}" for name, value in members.items()]
        self._chance.shuffle(pairs)
        return self._joined("{", pairs, "}")

    def _joined(self, left: str, parts: list[str], right: str) -> str:
        return left + self._blank() + f"{self._blank()},{self._blank()}".join(parts) + self._blank() + right

    def _blank(self) -> str:
        return self._of((" ", "\n", "\t", "  ")) if self._maybe(0.05) else ""

    # The request ------------------------------------------------------------------------------------------------------

    def _or_anything(self, valid: str) -> str:
        return valid if self._maybe(0.72) else self._anything(2)

    def _request(self) -> str:
        members: dict[str, str] = {}
        if self._maybe(0.93):
            members["message"] = self._or_anything(self._text())
        for name in ("conversation_id", "session_id", "user_id"):
            if self._maybe(0.35):
                members[name] = self._or_anything(self._text())
        if self._maybe(0.5):
            members["limit"] = self._limit()
        if self._maybe(0.6):
            members["events"] = self._or_anything(self._events())
        if self._maybe(0.15):
            members[self._of(_ODD_NAMES)] = self._anything(2)
        return self._object(members)

    def _limit(self) -> str:
        roll = self._chance.random()
        if roll < 0.6:
            return self._number()
        return self._string(self._of(_NUMERIC_TEXTS)) if roll < 0.8 else self._anything(1)

    def _events(self) -> str:
        return self._joined("[", [self._or_anything(self._event()) for _ in range(self._chance.randint(0, 3))], "]")

    def _event(self) -> str:
        members: dict[str, str] = {}
        if self._maybe(0.95):
            members["timestamp"] = self._timestamp()
        if self._maybe(0.95):
            members["type"] = self._or_anything(self._text())
        for name in ("item_id", "description"):
            if self._maybe(0.3):
                members[name] = self._or_anything(self._text())
        if self._maybe(0.1):
            members[self._of(_ODD_NAMES)] = self._anything(1)
        return self._object(members)

    def _timestamp(self) -> str:
        roll = self._chance.random()
        if roll < 0.6:
            return self._string(self._of(_DATES) + self._of(_SEPARATORS) + self._of(_TIMES) + self._of(_OFFSETS))
        if roll < 0.8:
            return self._string(self._of(_OTHER_TIMES))
        return self._number() if roll < 0.9 else self._anything(1)

    # Syntax errors ----------------------------------------------------------------------------------------------------

    def _damaged(self, text: str) -> str:
        """Return the text truncated, or with one character replaced."""
        at = self._chance.randint(0, len(text))
        replacement = self._of(
            ("", "", ",", ":", "}", "]", "{", '"', "'", "\\", "x", "\n", " ", "tru", "0", "-", ".", "//", "é")
        )
        return text[:at] + replacement + (text[at + 1 :] if self._maybe(0.6) else "")
