"""Random schemas over a small vocabulary, their mutations, and the values that tell them apart."""

from __future__ import annotations

import copy
import random
from typing import Any

NAMES = ("a", "b", "c")
SCALARS = (None, True, False, 0, 1, 2, 3, 5, -1, 0.5, 2.5, "", "a", "ab", "abc", "B", "1", "2024-06-14")


def values() -> list[Any]:
    """Return values that schemas of this vocabulary tell apart."""
    found: list[Any] = [*SCALARS, [], {}]
    for one in SCALARS:
        found += [
            [one],
            [one, one],
            [one, 1],
            ["a", one],
            [one, "a", 1],
            {"a": one},
            {"b": one},
            {"z": one},
            {"c": one},
        ]
        found += [{"a": one, "b": "a"}, {"a": "a", "b": one}, {"a": one, "z": 1}, {"a": one, "b": 1, "c": "a"}]
        found += [
            {"a": {"b": one}},
            {"a": [one]},
            {"b": {"a": one, "b": one}},
            [{"a": one}],
            [[one]],
            {"a": {"z": one}},
        ]
    return found


class Maker:
    """Makes random schemas."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def schema(self, depth: int = 2) -> Any:
        chance = self.chance
        kind = chance.random()
        if kind < 0.04:
            return chance.choice([{}, True])
        if kind < 0.14:
            return {"enum": chance.sample(["a", "ab", 1, 2, None, True, "B"], chance.randint(1, 3))}
        if kind < 0.30 and depth:
            return self.composed(depth)
        return self.typed(depth)

    def typed(self, depth: int) -> dict[str, Any]:
        kinds = ["string", "integer", "number", "array", "object", "boolean", "null"]
        weights = [4, 3, 2, 4 if depth else 1, 6 if depth else 1, 1, 1]
        types = list(dict.fromkeys(self.chance.choices(kinds, weights, k=self.chance.choice([1, 1, 1, 2]))))
        schema: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
        for kind in types:
            for _ in range(self.chance.randint(0, 2)):
                schema |= self.keyword(kind, depth)
        return schema

    def keyword(self, kind: str, depth: int) -> dict[str, Any]:
        chance, small = self.chance, self.chance.randint(0, 3)
        below = (lambda: self.schema(depth - 1)) if depth else (lambda: {"type": chance.choice(["string", "integer"])})
        if kind == "string":
            pattern = chance.choice(["^a", "b$", "^[a-z]*$", "."])
            return chance.choice([{"minLength": small}, {"maxLength": small}, {"pattern": pattern},
                                  {"format": "date"}, {"not": {"const": "a"}}])  # fmt: skip
        if kind in {"integer", "number"}:
            return chance.choice([{"minimum": small}, {"maximum": small}, {"exclusiveMinimum": small},
                                  {"exclusiveMaximum": small},
                                  {"multipleOf": chance.choice([1, 2, 0.5, 3])}])  # fmt: skip
        if kind == "array":
            prefix = [below() for _ in range(chance.randint(1, 2))]
            return chance.choice([{"items": below()}, {"minItems": small}, {"maxItems": small}, {"uniqueItems": True},
                                  {"prefixItems": prefix}, {"contains": below()}, {"unevaluatedItems": False},
                                  {"contains": below(), "minContains": small, "maxContains": 2},
                                  {"prefixItems": [below()], "items": chance.choice([False, below()])}])  # fmt: skip
        if kind == "object":
            names = chance.sample(NAMES, chance.randint(1, 2))
            properties = {"properties": {name: below() for name in names}}
            return chance.choice([
                properties, properties, {**properties, "required": names[:1]}, {"required": names},
                {"additionalProperties": False}, {"additionalProperties": below()}, {"minProperties": small},
                {"maxProperties": small}, {"patternProperties": {chance.choice(["^a", "z"]): below()}},
                {"propertyNames": {"maxLength": small}}, {"dependentRequired": {names[0]: [chance.choice(NAMES)]}},
                {"dependentSchemas": {names[0]: {"required": [chance.choice(NAMES)]}}},
                {"unevaluatedProperties": False},
            ])  # fmt: skip
        return {}

    def composed(self, depth: int) -> dict[str, Any]:
        some = [self.schema(depth - 1) for _ in range(self.chance.randint(1, 3))]
        kind = self.chance.choice(["allOf", "anyOf", "oneOf", "not", "if", "beside"])
        if kind == "not":
            return {"not": some[0]}
        if kind == "if":
            return {"if": some[0], "then": some[-1], "else": self.schema(depth - 1)}
        if kind == "beside":
            return {**self.typed(depth), self.chance.choice(["anyOf", "allOf", "oneOf"]): some}
        return {kind: some}

    def mutated(self, schema: Any) -> Any:
        """Return the schema with one random change."""
        changed = copy.deepcopy(schema)
        spots = [spot for spot in _spots(changed) if spot]
        if not spots:
            return self.schema()
        spot = self.chance.choice(spots)
        key = self.chance.choice(list(spot))
        how = self.chance.random()
        if how < 0.25:
            del spot[key]
        elif how < 0.5 and isinstance(spot[key], int) and not isinstance(spot[key], bool):
            spot[key] = max(key == "multipleOf", spot[key] + self.chance.choice([-1, 1]))
        elif how < 0.75:
            spot |= self.keyword(self.chance.choice(["string", "integer", "array", "object"]), 1)
        else:
            other = self.typed(1)
            spot |= other
        return changed


def _spots(schema: Any) -> list[dict[str, Any]]:
    """Return a schema and all its subschemas that are objects."""
    if not isinstance(schema, dict):
        return []
    found = [schema]
    for key, value in schema.items():
        if key in {"properties", "patternProperties", "dependentSchemas"}:
            found += [spot for child in value.values() for spot in _spots(child)]
        elif key in {"allOf", "anyOf", "oneOf", "prefixItems"}:
            found += [spot for child in value for spot in _spots(child)]
        elif key in {"not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames"}:
            found += _spots(value)
    return found
