"""A correct server whose responses are changed at random: values, statuses, headers and bytes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

from testbed.faulty_servers.base import PREFIX, Chat
from testbed.faulty_servers.correct import CORRECT
from testbed.faulty_servers.wire import Answer, Request, Server

SHARES = (0.05, 0.3, 1.0)
"""The shares of responses that are changed; a seed uses one of them."""

_VALUES = (
    *(None, True, False, 0, -1, 1.5, -0.0, 10**30, -(10**400), 1e308, "", "x", "\x00", "\u202e", "\ud800", "😀" * 3),
    *("a" * 3000, "NaN", "__proto__", [], {}, [[]], [{}], {"a": 1}, {"loc": 1}, [1, [2]], {"": {"": []}}),
    *(["body"], [None], [True], [1.0], [{"a": [1]}], {"__proto__": 1}, {"detail": []}),
)
_NAMES = ("", "x", "loc", "detail", "__class__", "\x00", "é", "ITEMS")
_HEADERS = (
    *(("Content-Type", value) for value in ("", "application/json;;=;", "application/json; charset=x", "text/html")),
    *(("Retry-After", value) for value in ("\xff", "-1", "1e9", "9" * 5000)),
    *(("Content-Encoding", value) for value in ("gzip", "br", "zstd, x")),
    *(("Location", value) for value in ("http://[::1", "//\\", "http://127.0.0.1:99999/")),
    *(("Date", "x"), ("WWW-Authenticate", "\"'"), ("Set-Cookie", "=;;;"), ("Allow", "x y"), ("X", "\x01\x02")),
)
_STATUSES = (*range(200, 207), 299, *range(300, 309), *range(400, 432), 451, *range(500, 512), 520, 599, 600, 999)


def _places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield from _places(below, (*place, key))


def changed_value(value: Any, random: Random) -> Any:
    """Return the JSON value with one change: a value replaced, removed, added or put into an array."""
    place = random.choice(list(_places(value)))
    odd = json.loads(json.dumps(random.choice(_VALUES)))
    if not place:
        return odd
    around = value
    for key in place[:-1]:
        around = around[key]
    how = random.random()
    if how < 0.6:
        around[place[-1]] = odd
    elif how < 0.75:
        around.pop(place[-1])
    elif how < 0.85:
        around[place[-1]] = [around[place[-1]]]
    elif isinstance(around, dict):
        around[random.choice(_NAMES)] = odd
    else:
        around.insert(random.randrange(len(around) + 1), odd)
    return value


def _with_values(answer: Answer, random: Random) -> Answer:
    if not answer.body.startswith(b"{"):
        return answer
    value = json.loads(answer.body)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        value = changed_value(value, random)
    text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    return replace(answer, body=text.encode("utf-8", "surrogatepass"))


def _with_status(answer: Answer, random: Random) -> Answer:
    return replace(answer, status=random.choice(_STATUSES))


def _with_header(answer: Answer, random: Random) -> Answer:
    name, value = random.choice(_HEADERS)
    others = {key: old for key, old in answer.headers.items() if key.lower() != name.lower()}
    return replace(answer, headers={**others, name: value})


def _with_bytes(answer: Answer, random: Random) -> Answer:
    body = bytearray(answer.body)
    for _ in range(random.randrange(1, 4)):
        if body:
            body[random.randrange(len(body))] = random.randrange(256)
    return replace(answer, body=bytes(body))


_CHANGES: tuple[Callable[[Answer, Random], Answer], ...] = (_with_values, _with_status, _with_header, _with_bytes)


class OddServer:
    """Changes some responses of a correct server; an even seed changes values of bodies only."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._share = SHARES[seed % len(SHARES)]
        self._changes = _CHANGES if seed % 2 else _CHANGES[:1]
        self._chat = Chat(self._random.choice([style for style in CORRECT if not style.keyed]))
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        answer = self._chat(request)
        with self._lock:
            if self._random.random() >= self._share:
                return answer
            return self._random.choice(self._changes)(answer, self._random)


@contextmanager
def serve_odd(seed: int) -> Iterator[str]:
    """Serve on the loopback interface and yield the base URL."""
    with Server(OddServer(seed)) as server:
        yield f"http://127.0.0.1:{server.port}{PREFIX}"
