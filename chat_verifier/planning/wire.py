"""Raw bytes, media types, methods and paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from chat_contract.roles import LIMIT, USER
from chat_verifier.planning.case import Case, CaseSequence, single
from chat_verifier.planning.samples import Samples


def sequences(samples: Samples) -> list[CaseSequence]:
    """Return what is sent as bytes rather than as a value."""
    return [*_other_bodies(samples), *_malformed(samples), *_beyond_ijson(samples), *_http(samples)]


_TELLING = {
    "a body that is null": 0,
    "malformed JSON: cut off": 0,
    "beyond I-JSON: a key twice": 0,
    "media type: text/plain": 0,
    "a body that is a list that holds a valid request": 1,
    "a body that is a text": 1,
    "malformed JSON: an empty body": 1,
    "malformed JSON: two documents": 1,
    "malformed JSON: a comment": 1,
    "media type: a form": 1,
}
"""The most telling of them, with their ranks where there are few requests."""


def few(samples: Samples) -> list[CaseSequence]:
    """Return the most telling of them."""
    return [
        replace(sequence, rank=_TELLING[sequence.name]) for sequence in sequences(samples) if sequence.name in _TELLING
    ]


def _valid(samples: Samples) -> str:
    return json.dumps(samples.request())


def _other_bodies(samples: Samples) -> Iterator[CaseSequence]:
    valid = samples.request()
    for label, body in (
        ("null", None),
        ("an empty list", []),
        ("a list that holds a valid request", [valid]),
        ("a text", "hello"),
        ("a text that holds a valid request", json.dumps(valid)),
        ("a number", 0),
        ("a boolean", False),
    ):
        raw = json.dumps(body).encode()
        yield single(Case(f"a body that is {label}", raw), "rejection", rank=0 if body in (None, [valid]) else 1)


def _malformed(samples: Samples) -> Iterator[CaseSequence]:
    valid = _valid(samples)
    for rank, label, text in (
        (0, "an empty body", ""),
        (0, "cut off", valid[: len(valid) // 2]),
        (2, "the last brace missing", valid[:-1]),
        (2, "a comma missing", valid[:-1] + f' "{LIMIT}": 4}}'),
        (2, "an escape that is none", '{"message": "a \\x41"}'),
        (2, "blanks alone", " \n"),
        (2, "a form", "message=hello"),
        (2, "a name without quotes", "{message: " + json.dumps(samples.messages[0]) + "}"),
        (2, "a comma at the end", valid[:-1] + ",}"),
        (2, "single quotes", "{'message': 'hello'}"),
        (2, "a comment", valid + " // hello"),
        (2, "two documents", valid + valid),
        (2, "a control character in a string", '{"message": "a\nb"}'),
        (2, "a leading zero", valid[:-1] + f', "{LIMIT}": 04}}'),
    ):
        yield single(Case(f"malformed JSON: {label}", text.encode()), "rejection", rank=rank)


def _beyond_ijson(samples: Samples) -> Iterator[CaseSequence]:
    message = json.dumps(samples.messages[0])
    deep = '{"message": ' + message + ', "x": ' + "[" * 600 + "]" * 600 + "}"
    for rank, label, body in (
        (2, "broken UTF-8", b'{"message": "caf\xe9 \xff"}'),
        (0, "a key twice", b'{"message": 5, "message": "hello"}'),
        (2, "600 lists deep", deep.encode()),
        (2, "a surrogate alone in the message", b'{"message": "a desk \\ud800"}'),
        (7, "a surrogate alone in a refused value", b'{"message": "hello", "limit": "\\ud800"}'),
        (7, "NaN for a limit", b'{"message": "hello", "limit": NaN}'),
        (7, "an integer of 5,000 digits", b'{"message": "hello", "limit": ' + b"9" * 5000 + b"}"),
        (7, "UTF-16", _valid(samples).encode("utf-16")),
    ):
        yield single(Case(f"beyond I-JSON: {label}", body), "robustness", rank=rank)


def _http(samples: Samples) -> Iterator[CaseSequence]:
    body = samples.request(USER)
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        bodiless = method in {"GET", "HEAD", "OPTIONS"}
        yield single(
            Case(f"{method} instead", b"" if bodiless else body, method=method, headers=() if bodiless else _JSON),
            "http",
            # These two may be answered with success, so there is less to be seen in them.
            rank=4 if method in {"HEAD", "OPTIONS"} else 2,
        )
    elsewhere = samples.contract.operation.path.rpartition("/")[0] + "/no-such-operation"
    yield single(Case("an unknown path", body, path=elsewhere), "http", rank=2)
    for rank, label, value in (
        (0, "text/plain", "text/plain"),
        (2, "a form", "application/x-www-form-urlencoded"),
        (3, "another JSON type", "application/vnd.api+json"),
        (4, "parts without any", "multipart/form-data; boundary=x"),
        (4, "no media type at all", "nonsense"),
        (4, "another charset", "application/json; charset=iso-8859-1"),
        (2, "an unknown charset", "application/json; charset=nonsense"),
    ):
        yield single(Case(f"media type: {label}", body, headers=(("Content-Type", value),)), "http", rank=rank)
    yield single(Case("media type: none", body, headers=()), "http", rank=1)


_JSON = (("Content-Type", "application/json"),)
