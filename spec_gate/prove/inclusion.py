"""Decides whether one schema accepts everything that another one allows.

jsonschema-rs decides. Only its yes is a proof. The names rule is added to the sender as one more schema.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

from spec_gate.schemas.names import restriction
from spec_gate.schemas.node import Schema
from spec_gate.schemas.pair import SchemaPair, bare

_MAX_DEFINITIONS = 800
"""The decision procedure recurses along references; more than a thousand overflow the stack of the process."""


class Answer(StrEnum):
    """The answer of the decision procedure."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def included(schemas: SchemaPair, sender: Schema, receiver: Schema) -> Answer:
    """Decide whether the receiver accepts everything that is valid under the sender's schema."""
    return covers(schemas.whole(receiver), restricted(schemas, sender, receiver))


def restricted(schemas: SchemaPair, sender: Schema, receiver: Schema) -> Any:
    """Return the sender's schema as JSON with the names rule added."""
    rule = restriction(schemas, (sender,), (receiver,))
    whole = schemas.whole(sender)
    if rule is True or whole is False:
        return whole
    if whole is True:
        return bare(rule)
    definitions = {"$defs": whole["$defs"]} if "$defs" in whole else {}
    plain = {key: value for key, value in whole.items() if key != "$defs"}
    return {**definitions, "allOf": [plain, bare(rule)]}


def covers(receiver: Any, sender: Any) -> Answer:
    """Decide whether a schema, given as JSON, accepts everything that another one allows."""
    if _is_too_large(receiver) or _is_too_large(sender):
        return Answer.UNKNOWN
    try:
        answer = _canonical(receiver).covers(_canonical(sender))
    except (canonical.CanonicalizationError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return Answer.UNKNOWN
    return {"yes": Answer.YES, "no": Answer.NO}.get(str(answer), Answer.UNKNOWN)


def left_over(receiver: Any, sender: Any) -> Any:
    """Return a schema of what the sender allows and the receiver rejects; None if none can be computed."""
    if _is_too_large(receiver) or _is_too_large(sender):
        return None
    try:
        rest: Any = _canonical(sender).subtract(_canonical(receiver)).to_json_schema()
    except (canonical.CanonicalizationError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return None
    if isinstance(rest, dict):
        rest.pop("$schema", None)
    return rest if isinstance(rest, dict | bool) else None


def _is_too_large(schema: Any) -> bool:
    return isinstance(schema, dict) and len(schema.get("$defs", ())) > _MAX_DEFINITIONS


def _canonical(schema: Any) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True)
