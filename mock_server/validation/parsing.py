"""Reads a body as JSON: quickly where nothing about it is odd, else as the contract's own reader does.

The quick reader and the careful one agree on every body that the quick one takes; a test holds them to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json

from chat_contract import SyntaxFault, read_body
from mock_server.validation.fastapi_errors import Detail, Refuser, missing_body, no_json
from mock_server.validation.leniency import Latitude

# What the quick reader takes and the careful one does not: integers past 300 digits, and numbers past what a float
# holds, which come out as infinite and are written so again.
_TOO_MANY_DIGITS = re.compile(rb"[0-9]{301}")
_INFINITE = b"Infinity"


def read_json(raw: bytes) -> tuple[Any, SyntaxFault | None]:
    """Return the value, or why there is none; never raises."""
    try:
        value = from_json(raw, allow_inf_nan=False)
    except ValueError:
        # Malformed, outside I-JSON, or nested past what the quick reader follows: the careful one says which.
        return _carefully(raw)
    if _INFINITE in to_json(value, inf_nan_mode="constants") or _TOO_MANY_DIGITS.search(raw):
        return _carefully(raw)
    return value, None


def _carefully(raw: bytes) -> tuple[Any, SyntaxFault | None]:
    body = read_body(raw)
    return body.value, body.fault


def understand(refuser: Refuser, raw: bytes, *, as_json: bool) -> tuple[Mapping[str, Any], Detail]:
    """Return the body as understood, and what is wrong with it, in FastAPI's order of asking."""
    if not raw:
        return {}, missing_body()
    if not as_json:
        # FastAPI hands such a body on as it came, and its validator finds a string where an object should be.
        return refuser.read(raw.decode("utf-8", "replace"))
    value, fault = read_json(raw)
    if fault is not None:
        return {}, no_json(fault.message, fault.offset)
    return refuser.read(value)


def media_answer(latitude: Latitude, content_type: str | None) -> str:
    """Say what becomes of a body of that media type: accepted, refused or unsupported.

    An answer about one media type stands for all of its kind.
    """
    asked = latitude.media_types
    if not asked:
        return "accepted" if is_json(content_type) else "refused"
    kind = _kind_of(content_type)
    return next(
        (answer for media_type, answer in asked if _kind_of(media_type) == kind),
        "accepted" if is_json(content_type) else "refused",
    )


def _kind_of(content_type: str | None) -> str:
    if content_type is None:
        return "none"
    if not is_json(content_type):
        return "other"
    return "json" if content_type.partition(";")[0].strip().lower() == "application/json" else "suffix"


def is_json(content_type: str | None) -> bool:
    """Tell whether FastAPI takes the media type for JSON: application/json or application/*+json, in any case."""
    if content_type is None:
        return False
    if content_type == "application/json":
        return True
    main, slash, sub = content_type.partition(";")[0].strip().lower().partition("/")
    return slash == "/" and main == "application" and "/" not in sub and (sub == "json" or sub.endswith("+json"))
