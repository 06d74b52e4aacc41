"""The types that values of a schema may have."""

from __future__ import annotations

from collections.abc import Iterable

from spec_gate.schemas.keywords import TYPES, types_of
from spec_gate.schemas.node import Schema, SchemaNode
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.values import type_of


def possible_types(schemas: SchemaPair, applied: Iterable[Schema]) -> frozenset[str]:
    """Return the types that a value may have if several schemas apply to it; conditions and negations do not count."""
    return _of_all(schemas, applied, frozenset())


def _of_all(schemas: SchemaPair, some: Iterable[Schema], above: frozenset[int]) -> frozenset[str]:
    return frozenset(TYPES).intersection(*(_of_one(schemas, one, above) for one in some))


def _of_one(schemas: SchemaPair, schema: Schema, above: frozenset[int]) -> frozenset[str]:
    """Return the types of one schema; ``above`` are the schemas around it, for schemas that contain themselves."""
    if not isinstance(schema, SchemaNode):
        return frozenset(TYPES if schema else ())
    if schema.number in above:
        return frozenset(TYPES)
    above |= {schema.number}
    target = (schemas.target(schema["$ref"]),) if "$ref" in schema else ()
    types = _stated(schema) & _of_all(schemas, (*target, *schema.get("allOf", ())), above)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            types &= frozenset().union(*(_of_one(schemas, one, above) for one in schema[keyword]))
    return types


def _stated(schema: SchemaNode) -> frozenset[str]:
    """Return the types that ``type`` and ``enum`` allow."""
    types = frozenset(types_of(schema)) if "type" in schema else frozenset(TYPES)
    types |= {"integer"} if "number" in types else set()
    return types & {type_of(one) for one in schema["enum"]} if "enum" in schema else types
