"""Parses and validates request bodies.

A fast JSON parser handles ordinary bodies; the contract's own parser handles the rest. Both agree on every body that
the fast parser accepts. A test checks this.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic_core import from_json, to_json

from chat_contract import SyntaxFault, read_body
from chat_contract.body import MAX_DIGITS
from mock_server.validation.fastapi_errors import RequestValidator, ValidationErrors, json_invalid, missing_body
from mock_server.validation.leniency import Leniency, MediaTypeAnswer

# The fast parser accepts two things that the contract's parser rejects: integers of more than 300 digits, and numbers
# beyond the range of a float, which become infinite. Patterns would take longer to find them than parsing takes.
_NUMERALS = bytes.maketrans(b"123456789E", b"000000000e")
_MANY_DIGITS = b"0" * MAX_DIGITS
_LONG_EXPONENT = b"0e00"
_INFINITE = b"Infinity"


def read_json(raw: bytes) -> tuple[Any, SyntaxFault | None]:
    """Return the JSON value, or the reason why there is none. Never raises."""
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:
        # Malformed, outside I-JSON, or nested too deeply for the fast parser.
        return _read_carefully(raw)
    return _read_carefully(raw) if _has_too_large_number(raw, value) else (value, None)


def json_object(raw: bytes) -> dict[str, Any]:
    """Return the body as an object, an empty one if it is anything else."""
    value, _ = read_json(raw)
    return value if isinstance(value, dict) else {}


def is_plain_json(raw: bytes) -> bool:
    """Return whether the text is I-JSON with at most 200 levels, which every client reads."""
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:
        return False
    return not _has_too_large_number(raw, value)


def _has_too_large_number(raw: bytes, value: Any) -> bool:
    """Return whether a number is too large for I-JSON, or a text looks like one."""
    numerals = raw.translate(_NUMERALS, b"+")
    if _MANY_DIGITS not in numerals and _LONG_EXPONENT not in numerals:
        return False
    return _MANY_DIGITS + b"0" in numerals or _INFINITE in to_json(value, inf_nan_mode="constants")


def _read_carefully(raw: bytes) -> tuple[Any, SyntaxFault | None]:
    body = read_body(raw, only_value=True)
    return body.value, body.fault


def validate_body(
    validator: RequestValidator, raw: bytes, *, as_json: bool
) -> tuple[Mapping[str, Any], ValidationErrors]:
    """Return the converted body and its validation errors, in FastAPI's order of checks."""
    if not raw:
        return {}, missing_body()
    if not as_json:
        # FastAPI validates such a body as a string, and reports that it is not an object.
        return validator.validate(raw.decode("utf-8", "replace"))
    value, fault = read_json(raw)
    if fault is not None:
        return {}, json_invalid(fault.message, fault.offset)
    return validator.validate(value)


class _MediaTypeKind(StrEnum):
    """Kinds of media types. An answer about one media type applies to its kind."""

    NONE = "none"
    JSON = "json"
    JSON_SUFFIX = "json-suffix"
    OTHER = "other"


def media_type_answer(leniency: Leniency, content_type: str | None) -> MediaTypeAnswer:
    """Return what the profile does with a body of this media type."""
    default = MediaTypeAnswer.ACCEPTED if is_json(content_type) else MediaTypeAnswer.REJECTED
    if not leniency.media_types:
        return default
    kind = _kind_of(content_type)
    answers = (answer for media_type, answer in leniency.media_types if _kind_of(media_type) is kind)
    return next(answers, default)


def _kind_of(content_type: str | None) -> _MediaTypeKind:
    if content_type is None:
        return _MediaTypeKind.NONE
    if not is_json(content_type):
        return _MediaTypeKind.OTHER
    plain = content_type.partition(";")[0].strip().lower() == "application/json"
    return _MediaTypeKind.JSON if plain else _MediaTypeKind.JSON_SUFFIX


def is_json(content_type: str | None) -> bool:
    """Return whether FastAPI parses the body as JSON: application/json or application/*+json, in any case."""
    if content_type is None:
        return False
    if content_type == "application/json":
        return True
    main, slash, sub = content_type.partition(";")[0].strip().lower().partition("/")
    return slash == "/" and main == "application" and "/" not in sub and (sub == "json" or sub.endswith("+json"))
