"""Requests that differ below the JSON value: raw bytes, media types, methods and paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chat_contract.roles import CONVERSATION, LIMIT, MESSAGE, USER
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, kebab, single
from chat_verifier.planning.encoding import JSON_HEADERS
from chat_verifier.planning.request_builder import RequestBuilder


def sequences(builder: RequestBuilder) -> list[CaseSequence]:
    """Return the requests."""
    return [*_other_bodies(builder), *_malformed(builder), *_beyond_ijson(builder), *_http(builder)]


_FEWEST = {
    "body-null": Priority.ESSENTIAL,
    "malformed-json-cut-off": Priority.ESSENTIAL,
    "beyond-i-json-duplicate-key": Priority.ESSENTIAL,
    "media-type-text-plain": Priority.ESSENTIAL,
    "body-array-with-a-valid-request": Priority.HIGH,
    "body-empty-array": Priority.HIGH,
    "body-array-of-values": Priority.HIGH,
    "body-string-with-a-valid-request": Priority.HIGH,
    "malformed-json-empty-body": Priority.HIGH,
    "malformed-json-last-brace-missing": Priority.HIGH,
    "malformed-json-comma-missing": Priority.HIGH,
    "malformed-json-white-space-only": Priority.HIGH,
    "malformed-json-form-data": Priority.HIGH,
    "malformed-json-comment": Priority.ESSENTIAL,
    "media-type-form": Priority.ESSENTIAL,
    "media-type-missing": Priority.ESSENTIAL,
    "media-type-unknown-charset": Priority.ESSENTIAL,
}
"""The requests of a small plan, by id, with their priorities there."""

_REJECTED = {"media-type-form", "media-type-missing", "media-type-unknown-charset"}
"""Those of them whose media type some servers accept; a wrong message keeps their number of accepted requests small."""


_FOLLOWED = "text-plain"
"""The media type after which a plain request is sent."""


def fewest(builder: RequestBuilder) -> list[CaseSequence]:
    """Return the requests of a small plan."""
    found = [
        replace(sequence, priority=_FEWEST[sequence.id]) for sequence in sequences(builder) if sequence.id in _FEWEST
    ]
    return [replace(one, cases=(_rejected(one.cases[0]),)) if one.id in _REJECTED else one for one in found]


def _rejected(case: Case) -> Case:
    """Return the case with a message that no server may accept, so that it costs nothing."""
    assert isinstance(case.body, dict)
    return replace(case, label=f"{case.label}, message 5", body={**case.body, MESSAGE: 5})


def _valid(builder: RequestBuilder) -> str:
    return json.dumps(builder.request())


_LIKE_OTHERS = {"string", "number"}
"""The bodies that hardly any server treats unlike ``false``."""


def _other_bodies(builder: RequestBuilder) -> Iterator[CaseSequence]:
    valid = builder.request()
    for name, label, body in (
        ("null", "null", None),
        ("empty-array", "an empty array", []),
        ("array-with-a-valid-request", "an array with a valid request", [valid]),
        ("array-of-values", "an array with the values of all fields in order", _values_in_order(builder)),
        ("string", "a string", "hello"),
        ("string-with-a-valid-request", "a string with a valid request", json.dumps(valid)),
        ("number", "a number", 0),
        ("boolean", "a boolean", False),
    ):
        case = Case(f"body-{name}", f"the body is {label}", json.dumps(body).encode())
        priority = Priority.ESSENTIAL if body in (None, [valid]) else Priority.HIGH
        priority = Priority.EXOTIC if name in _LIKE_OTHERS else priority
        yield single(case, Group.REJECTION, priority=priority)


def _values_in_order(builder: RequestBuilder) -> list[Any]:
    """Return the values of a request without their names, which some decoders read as the request."""
    return [None if name == CONVERSATION else builder.valid(name) for name in builder.fields]


def _malformed(builder: RequestBuilder) -> Iterator[CaseSequence]:
    valid = _valid(builder)
    for priority, name, label, text in (
        (Priority.ESSENTIAL, "empty-body", "empty body", ""),
        (Priority.ESSENTIAL, "cut-off", "cut off", valid[: len(valid) // 2]),
        (Priority.MEDIUM, "last-brace-missing", "last brace missing", valid[:-1]),
        (Priority.MEDIUM, "comma-missing", "comma missing", valid[:-1] + f' "{LIMIT}": 4}}'),
        (Priority.MEDIUM, "invalid-escape", "invalid escape", '{"message": "a \\x41"}'),
        (Priority.MEDIUM, "white-space-only", "white space only", " \n"),
        (Priority.MEDIUM, "form-data", "form data", "message=hello"),
        (
            Priority.EXOTIC,
            "key-without-quotes",
            "key without quotes",
            "{message: " + json.dumps(builder.messages[0]) + "}",
        ),
        (Priority.HIGH, "trailing-comma", "trailing comma", valid[:-1] + ",}"),
        (Priority.EXOTIC, "single-quotes", "single quotes", "{'message': 'hello'}"),
        (Priority.HIGH, "comment", "comment", valid + " // hello"),
        (Priority.EXOTIC, "two-documents", "two documents", valid + valid),
        (Priority.MEDIUM, "control-character-in-a-string", "control character in a string", '{"message": "a\nb"}'),
        (Priority.MEDIUM, "leading-zero", "leading zero", valid[:-1] + f', "{LIMIT}": 04}}'),
    ):
        case = Case(f"malformed-json-{name}", f"malformed JSON: {label}", text.encode())
        yield single(case, Group.REJECTION, priority=priority)


def _beyond_ijson(builder: RequestBuilder) -> Iterator[CaseSequence]:
    message = json.dumps(builder.messages[0])
    deep = '{"message": ' + message + ', "x": ' + "[" * 600 + "]" * 600 + "}"
    for priority, name, label, body in (
        (Priority.MEDIUM, "invalid-utf-8", "invalid UTF-8", b'{"message": "caf\xe9 \xff"}'),
        (Priority.ESSENTIAL, "duplicate-key", "duplicate key", b'{"message": "hello", "message": 5}'),
        (Priority.MEDIUM, "600-nested-arrays", "600 nested arrays", deep.encode()),
        (
            Priority.MEDIUM,
            "lone-surrogate-in-the-message",
            "lone surrogate in the message",
            b'{"message": "a desk \\ud800"}',
        ),
        (
            Priority.EXOTIC,
            "lone-surrogate-in-a-wrong-value",
            "lone surrogate in a wrong value",
            b'{"message": "hello", "limit": "\\ud800"}',
        ),
        (Priority.EXOTIC, "limit-nan", "limit NaN", b'{"message": "hello", "limit": NaN}'),
        (
            Priority.EXOTIC,
            "integer-of-5-000-digits",
            "integer of 5,000 digits",
            b'{"message": "hello", "limit": ' + b"9" * 5000 + b"}",
        ),
        (Priority.EXOTIC, "utf-16", "UTF-16", _valid(builder).encode("utf-16")),
    ):
        case = Case(f"beyond-i-json-{name}", f"beyond I-JSON: {label}", body)
        yield single(case, Group.ROBUSTNESS, priority=priority)


def _http(builder: RequestBuilder) -> Iterator[CaseSequence]:
    body = builder.request(USER)
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        bodiless = method in {"GET", "HEAD", "OPTIONS"}
        case = Case(
            kebab("method", method),
            f"method {method}",
            b"" if bodiless else body,
            method=method,
            headers=() if bodiless else JSON_HEADERS,
        )
        # A server may answer HEAD and OPTIONS with success, so their responses tell less.
        by_method = {"HEAD": Priority.RARE, "OPTIONS": Priority.RARE, "PUT": Priority.HIGH, "DELETE": Priority.HIGH}
        yield single(case, Group.HTTP, priority=by_method.get(method, Priority.MEDIUM))
    path = builder.contract.operation.path.rpartition("/")[0] + "/no-such-operation"
    yield single(Case("unknown-path", "an unknown path", body, path=path), Group.HTTP, priority=Priority.HIGH)
    for priority, name, value in (
        (Priority.ESSENTIAL, "text-plain", "text/plain"),
        (Priority.MEDIUM, "form", "application/x-www-form-urlencoded"),
        (Priority.LOW, "other-json", "application/vnd.api+json"),
        (Priority.RARE, "multipart-without-parts", "multipart/form-data; boundary=x"),
        (Priority.EXOTIC, "invalid", "nonsense"),
        (Priority.EXOTIC, "charset-iso-8859-1", "application/json; charset=iso-8859-1"),
        (Priority.MEDIUM, "unknown-charset", "application/json; charset=nonsense"),
    ):
        case = Case(f"media-type-{name}", f"media type {value}", body, headers=(("Content-Type", value),))
        if name == _FOLLOWED:
            # A server that leaves the body on the connection takes it for the next request.
            after = Case("after-media-type", "a plain request after another media type", builder.request())
            yield CaseSequence(case.id, Group.HTTP, (case, after), priority=priority)
        else:
            yield single(case, Group.HTTP, priority=priority)
    utf_8 = (("Content-Type", "application/json; charset=utf-8"),)
    case = Case("charset-utf-8", "media type with charset=utf-8", builder.request(), headers=utf_8)
    yield single(case, Group.REQUEST, priority=Priority.HIGH)
    case = Case("chunked-body", "a chunked body", body, chunked=True)
    yield single(case, Group.REQUEST, priority=Priority.HIGH)
    case = Case(
        "expect-100-continue", "Expect: 100-continue", body, headers=(*JSON_HEADERS, ("Expect", "100-continue"))
    )
    yield single(case, Group.HTTP, priority=Priority.LOW)
    case = Case("media-type-missing", "no media type", body, headers=())
    yield single(case, Group.HTTP, priority=Priority.HIGH)
