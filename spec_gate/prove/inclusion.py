"""Decides whether one schema accepts everything that another one allows.

jsonschema-rs decides. Only its yes is a proof. The names rule (:mod:`spec_gate.schemas.names`) is added to the sender
as one more schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

from spec_gate.prove.by_name import is_included_by_name
from spec_gate.prove.listed import LONG, longest_list, schemas_below, shortened
from spec_gate.prove.reduce import one_by_one, reduced, without_references
from spec_gate.prove.texts import with_implied_texts
from spec_gate.schemas.combine import join
from spec_gate.schemas.keywords import ANNOTATIONS, needs_evaluation
from spec_gate.schemas.names import introduced, restriction
from spec_gate.schemas.node import Schema, SchemaNode, number_of
from spec_gate.schemas.pair import SchemaPair, bare

_MAX_DEFINITIONS = 800
"""The decision procedure recurses along references; more than a thousand overflow the stack of the process."""


class Answer(StrEnum):
    """The answer of the decision procedure."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


_MANY = 8
"""From how many names on a schema is decided name by name: the time for all at once grows with their square."""

_MAX_PATTERNS = 100
"""How many patterns of names one schema may have."""

_MAX_BRANCHES = 400
"""How many pairs of alternatives are decided for one pair of schemas."""


def included(schemas: SchemaPair, sender: Schema, receiver: Schema, others: Sequence[Schema] = ()) -> Answer:
    """Decide whether the receiver accepts everything that is valid under the sender's schema.

    If the whole is not decided, each alternative of the sender is decided by itself. ``others`` are schemas of the
    sender that may apply to the same value: it knows their names.
    """
    answer = _decided(schemas, sender, receiver, others)
    if answer is not Answer.UNKNOWN:
        return answer
    if is_included_by_name(
        schemas.followed(sender), schemas.followed(receiver),
        lambda one, other, more: included(schemas, one, other, more) is Answer.YES,
        introduced(schemas, schemas.applied((sender, *others)), (receiver,)),
    ):  # fmt: skip
        return Answer.YES
    parts, accepting = alternatives(schemas, sender), alternatives(schemas, receiver, exclusive=False)
    if len(parts) * len(accepting) > _MAX_BRANCHES or len(parts) == len(accepting) == 1:
        return answer
    if all(_in_one_of(schemas, part, [receiver, *accepting], (sender, *others)) for part in parts):
        return Answer.YES
    return Answer.UNKNOWN


def accepts_all(schemas: SchemaPair, receiver: Schema, sender: Schema) -> bool:
    """Return whether the receiver provably accepts everything that the sender accepts, whatever names it has."""
    part = reduced(schemas, sender, receiver, keeps_to_names=False)
    if part.receiver is True:
        return True
    claims = one_by_one(part.receiver)
    if part.exact and len(claims) > _MANY:
        return _all_of(schemas, part.sender, claims, lambda _: True) is Answer.YES
    answer = _answer(schemas, part.sender, part.receiver, True)
    if answer is Answer.YES or (answer is Answer.NO and part.exact):
        return answer is Answer.YES
    if _answer(schemas, sender, receiver, True) is Answer.YES:
        return True
    return is_included_by_name(
        schemas.followed(sender), schemas.followed(receiver),
        lambda one, other, _: accepts_all(schemas, other, one), set(),
    )  # fmt: skip


def _in_one_of(schemas: SchemaPair, sender: Schema, receivers: list[Schema], others: Sequence[Schema]) -> bool:
    """Return whether one receiver accepts everything; most alternatives are the same on both sides."""
    if any(schemas.same(sender, receiver) for receiver in receivers):
        return True
    return any(_decided(schemas, sender, receiver, others) is Answer.YES for receiver in receivers)


def _decided(schemas: SchemaPair, sender: Schema, receiver: Schema, others: Sequence[Schema]) -> Answer:
    """Decide for what differs between the schemas; for the whole ones if the answer may not hold for them."""
    if schemas.same(sender, receiver):
        return Answer.YES
    part = reduced(schemas, sender, receiver, others)
    if part.receiver is True:
        return Answer.YES
    sending = (sender, *others)
    claims = one_by_one(part.receiver)
    if part.exact and len(claims) > _MANY:
        return _all_of(schemas, part.sender, claims, lambda claim: restriction(schemas, sending, (claim,)))
    rule = restriction(schemas, sending, (receiver,))
    answer = _answer(schemas, part.sender, part.receiver, rule)
    if answer is Answer.YES or (answer is Answer.NO and part.exact):
        return answer
    if part.exact and part.sender is sender and part.receiver is receiver:
        return answer
    return _answer(schemas, sender, receiver, rule)


def _all_of(schemas: SchemaPair, part: Schema, claims: list[Schema], rule: Callable[[Schema], Schema]) -> Answer:
    """Decide many claims about the sender one by one; ``rule`` returns the names rule for a claim."""
    found = Answer.YES
    for claim in claims:
        small = reduced(schemas, part, claim, keeps_to_names=False)
        answer = Answer.YES
        if small.receiver is not True:
            answer = _answer(schemas, small.sender, small.receiver, rule(claim))
        if answer is Answer.NO and small.exact:
            return answer
        if answer is not Answer.YES:
            found = Answer.UNKNOWN
    return found


def _answer(schemas: SchemaPair, sender: Schema, receiver: Schema, rule: Schema) -> Answer:
    """Decide for schemas with all their definitions; with none of them if there are too many."""
    schemas.budget.check()
    if not any(schemas.has_more_definitions(one, _MAX_DEFINITIONS) for one in (sender, receiver)):
        return _known(schemas, schemas.whole(receiver), _with_rule(schemas.whole(sender), rule))
    more, less = without_references(sender, True), without_references(receiver, False)
    if more is None or less is None:
        return Answer.UNKNOWN
    yes = _known(schemas, bare(less), _with_rule(bare(more), rule)) is Answer.YES
    return Answer.YES if yes else Answer.UNKNOWN


def _known(schemas: SchemaPair, receiver: Any, sender: Any) -> Answer:
    """Decide, once for each pair of schemas: a change is often looked at from several sides."""
    text = json.dumps([receiver, sender], sort_keys=True)
    key = hashlib.blake2b(text.encode()).digest()
    if key not in schemas.answers:
        schemas.answers[key] = covers(receiver, sender).value
    return Answer(schemas.answers[key])


def is_too_large(schemas: SchemaPair, schema: Schema) -> bool:
    """Return whether a schema has more definitions or listed values than are compared."""
    return schemas.has_more_definitions(schema, _MAX_DEFINITIONS) or longest_list(schema) > LONG


def alternatives(schemas: SchemaPair, schema: Schema, *, exclusive: bool = True) -> list[Schema]:
    """Return schemas that together accept what the schema accepts, one for each alternative.

    Those of ``oneOf`` may accept more; ``exclusive`` says whether they count.
    """
    key = (number_of(schema), exclusive)
    if key not in schemas.alternatives:
        schemas.alternatives[key] = _alternatives(schemas, schemas.followed(schema), exclusive=exclusive)
    return schemas.alternatives[key]


def _alternatives(schemas: SchemaPair, schema: Schema, *, exclusive: bool) -> list[Schema]:
    if isinstance(schema, bool) or needs_evaluation(schema):
        return [schema]
    key = next((key for key in ("anyOf", "oneOf") if key in schema and (exclusive or key == "anyOf")), None)
    if key is None:
        return [schema]
    rest = SchemaNode({name: value for name, value in schema.items() if name != key and name not in ANNOTATIONS})
    return [join(rest, schemas.followed(branch)) for branch in schema[key]]


def restricted(schemas: SchemaPair, sender: Schema, receiver: Schema) -> Any:
    """Return the sender's schema as JSON with the names rule added."""
    return _with_rule(schemas.whole(sender), restriction(schemas, (sender,), (receiver,)))


def _with_rule(whole: Any, rule: Schema) -> Any:
    if rule is True or whole is False:
        return whole
    if whole is True:
        return bare(rule)
    definitions = {"$defs": whole["$defs"]} if "$defs" in whole else {}
    plain = {key: value for key, value in whole.items() if key != "$defs"}
    return {**definitions, "allOf": [plain, bare(rule)]}


def covers(receiver: Any, sender: Any) -> Answer:
    """Decide whether a schema, given as JSON, accepts everything that another one allows."""
    answer = _covers(receiver, sender)
    if answer is Answer.YES:
        return answer
    stated, wanted = with_implied_texts(sender, receiver)
    return answer if (stated, wanted) == (sender, receiver) else _covers(wanted, stated)


def _covers(receiver: Any, sender: Any) -> Answer:
    if _is_too_large(receiver) or _is_too_large(sender) or _has_many_patterns(receiver, sender):
        return Answer.UNKNOWN
    short = shortened(receiver, sender)
    if short is None:
        return Answer.UNKNOWN
    try:
        answer = _canonical(short[0]).covers(_canonical(short[1]))
    except (canonical.CanonicalizationError, jsonschema_rs.ReferencingError, jsonschema_rs.ValidationError):
        return Answer.UNKNOWN
    return {"yes": Answer.YES, "no": Answer.NO}.get(str(answer), Answer.UNKNOWN)


def left_over(receiver: Any, sender: Any) -> Any:
    """Return a schema of what the sender allows and the receiver rejects; None if none can be computed."""
    if _is_too_large(receiver) or _is_too_large(sender) or _has_many_patterns(receiver, sender):
        return None
    if longest_list(receiver, sender) > LONG:
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


def _has_many_patterns(*schemas: Any) -> bool:
    """Return whether a schema has so many patterns of names that the decision takes minutes."""
    found = (one.get("patternProperties", ()) for schema in schemas for one in schemas_below(schema))
    return any(len(one) > _MAX_PATTERNS for one in found)


def _canonical(schema: Any) -> jsonschema_rs.CanonicalSchema:
    return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True)
