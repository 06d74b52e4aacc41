"""Decides whether one schema takes everything that another one allows: yes, no, or cannot tell.

jsonschema-rs decides; only its yes proves. The names rule is laid upon the sender as one more schema.
"""

from __future__ import annotations

from typing import Any, Literal

import jsonschema_rs
from jsonschema_rs import canonical

from spec_gate.schemas.names import restriction
from spec_gate.schemas.normalise import Schema
from spec_gate.schemas.pair import SchemaPair

Answer = Literal["yes", "no", "unknown"]


def included(world: SchemaPair, sender: Schema, receiver: Schema) -> Answer:
    """Say whether the receiver takes everything that who keeps to the sender's schema may send."""
    return covers(world.whole(receiver), restricted(world, sender, receiver))


def restricted(world: SchemaPair, sender: Schema, receiver: Schema) -> Schema:
    """Return the sender's schema, whole, with the names rule laid upon it."""
    rule = restriction(world, (sender,), (receiver,))
    whole = world.whole(sender)
    if rule is True or isinstance(whole, bool):
        return whole if rule is True or whole is False else rule
    definitions = {"$defs": whole["$defs"]} if "$defs" in whole else {}
    plain = {key: value for key, value in whole.items() if key != "$defs"}
    return {**definitions, "allOf": [plain, rule]}


def covers(receiver: Schema, sender: Schema) -> Answer:
    """Say whether a whole schema takes everything that another one allows."""
    try:
        answer = _canonical(receiver).covers(_canonical(sender))
    except (canonical.CanonicalizationError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return "unknown"
    return {"yes": "yes", "no": "no"}.get(str(answer), "unknown")  # type: ignore[return-value]


def left_over(receiver: Schema, sender: Schema) -> Schema | None:
    """Return a schema of what the sender allows and the receiver refuses; None where that cannot be written."""
    try:
        rest: Any = _canonical(sender).subtract(_canonical(receiver)).to_json_schema()
    except (canonical.CanonicalizationError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return None
    if isinstance(rest, dict):
        rest.pop("$schema", None)
    return rest if isinstance(rest, dict | bool) else None


def _canonical(schema: Schema) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True)
