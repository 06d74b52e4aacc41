"""Writes a schema in a simpler shape that means the same, so that another shape alone is no difference.

What is simplified: ``allOf`` taken apart and joined, ``const`` as ``enum``, null in ``anyOf`` as a type, branches of
``oneOf`` that exclude each other as ``anyOf``, words that say nothing, words that do not concern the type.
Where two parts cannot be joined without changing what they mean, they stay under ``allOf``.
"""

from __future__ import annotations

import json
import math
from typing import Any

from spec_gate.schemas.normalise import ANNOTATIONS, LISTS, MAPS, ONE, Schema, Schemas

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_EVERY_TYPE = TYPES - {"integer"}

FOR_TYPE = {
    "minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number",
    "multipleOf": "number", "minLength": "string", "maxLength": "string", "pattern": "string", "format": "string",
    "minItems": "array", "maxItems": "array", "uniqueItems": "array", "items": "array", "prefixItems": "array",
    "contains": "array", "minContains": "array", "maxContains": "array", "unevaluatedItems": "array",
    "minProperties": "object", "maxProperties": "object", "required": "object", "properties": "object",
    "patternProperties": "object", "additionalProperties": "object", "propertyNames": "object",
    "dependentRequired": "object", "dependentSchemas": "object", "unevaluatedProperties": "object",
}  # fmt: skip
"""Which type each keyword concerns; values of other types pass it."""

_GROUPS = (
    ("items", "prefixItems"),
    ("contains", "minContains", "maxContains"),
    ("if", "then", "else"),
    ("properties", "patternProperties", "additionalProperties"),
)
"""Keywords that read each other."""

_MOST_KEYWORDS = 2_000

_NOTHING_SAID = {
    "minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False, "items": True, "prefixItems": [],
    "additionalProperties": True, "unevaluatedItems": True, "unevaluatedProperties": True, "propertyNames": True,
    "required": [], "dependentRequired": {}, "dependentSchemas": {}, "patternProperties": {}, "properties": {},
    "allOf": [], "not": False,
}  # fmt: skip


_SCALARS = frozenset({str, int, float, bool, type(None)})


def written(value: Any) -> str:
    """Write a JSON value so that equal values are written alike; 1.0 is 1."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    return value


class Simplified:
    """Schemas of one side of a description in their simplest shape, each made once."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self._done: dict[int, Schema] = {}
        self._kept: list[Schema] = []
        self._open: set[int] = set()
        self._plain: dict[tuple[tuple[str, type, Any], ...], Schema] = {}
        self._followed: dict[int, Schema] = {}

    def of(self, schema: Schema) -> Schema:
        """Return the schema in its simplest shape; references stay, unless something stands beside them."""
        if isinstance(schema, bool):
            return schema
        if id(schema) not in self._done:
            self._kept.append(schema)
            simple = self._small(schema)
            if simple is None:
                self._open.add(id(schema))
                simple = self._simplify(schema)
                self._open.discard(id(schema))
            self.schemas.adopt(simple, schema)
            self._done[id(schema)] = simple
            self._done.setdefault(id(simple), simple)
        return self._done[id(schema)]

    def _small(self, schema: dict[str, Any]) -> Schema | None:
        """Return the simplest shape of a schema of nothing but texts and numbers, of which there are many alike."""
        if not all(type(value) in _SCALARS for value in schema.values()):
            return None
        key = tuple((name, type(value), value) for name, value in schema.items())
        if key not in self._plain:
            self._plain[key] = self._simplify(schema)
        simple = self._plain[key]
        return dict(simple) if isinstance(simple, dict) else simple

    def target(self, reference: str) -> Schema:
        """Return what a reference leads to, in its simplest shape."""
        return self.of(self.schemas.definitions[self.schemas.name_of(reference)])

    def followed(self, schema: Schema) -> Schema:
        """Return the schema behind a reference; annotations beside the reference stay."""
        while isinstance(schema, dict) and "$ref" in schema and set(schema) - {"$ref"} <= ANNOTATIONS:
            if id(schema) not in self._followed:
                self._kept.append(schema)
                self._followed[id(schema)] = self._beyond(schema)
            if self._followed[id(schema)] is schema:
                break
            schema = self._followed[id(schema)]
        return schema

    def _beyond(self, schema: dict[str, Any]) -> Schema:
        target = self.target(schema["$ref"])
        annotations = {key: value for key, value in schema.items() if key != "$ref"}
        if not annotations or target is False:
            return target
        beyond = {**(target if isinstance(target, dict) else {}), **annotations}
        self.schemas.adopt(beyond, schema)
        return beyond

    # ------------------------------------------------------------------------------------------------------------------

    def _simplify(self, schema: dict[str, Any]) -> Schema:
        simple = {key: self._child(key, value) for key, value in schema.items()}
        annotations = {key: simple.pop(key) for key in list(simple) if key in ANNOTATIONS}
        if set(simple) == {"$ref"}:
            return {**simple, **annotations}
        parts: list[Schema] = [self._inlined({"$ref": simple.pop("$ref")})] if "$ref" in simple else []
        parts += [self._inlined(branch) for branch in simple.pop("allOf", [])]
        for key in ("anyOf", "oneOf"):
            if len(simple.get(key, ())) == 1:
                parts.append(self._inlined(simple.pop(key)[0]))
        apart = "oneOf" in simple and _exclude_each_other([self._inlined(branch) for branch in simple["oneOf"]])
        if apart and "anyOf" not in simple:
            simple["anyOf"] = simple.pop("oneOf")
        joined: Schema = _tidy(simple)
        for part in parts:
            joined = _join(joined, part)
        if isinstance(joined, dict):
            joined = _tidy(joined)
        if not annotations or joined is False:
            return joined
        return {**(joined if isinstance(joined, dict) else {}), **annotations}

    def _inlined(self, branch: Schema) -> Schema:
        """Return what a branch stands for; one that is just being made simple, since it contains itself, stays."""
        if isinstance(branch, dict) and "$ref" in branch:
            target = self.schemas.definitions[self.schemas.name_of(branch["$ref"])]
            if id(target) in self._open:
                return branch
        return self.followed(branch)

    def _child(self, key: str, value: Any) -> Any:
        if key in ONE:
            return self.of(value)
        if key in LISTS:
            return [self.of(child) for child in value]
        if key in MAPS:
            return {name: self.of(child) for name, child in value.items()}
        return value


# One schema -----------------------------------------------------------------------------------------------------------


def _tidy(schema: dict[str, Any]) -> Schema:
    """Write one schema in the plainest words; its parts are simple already."""
    simple = dict(schema)
    _types_and_values(simple)
    if simple.get("enum") == [] or simple.get("type") == []:
        return False
    _numbers(simple)
    _conditionals(simple)
    for key in ("anyOf", "oneOf"):
        if key in simple and (done := _alternatives(simple, key)) is False:
            return done
    if simple.get("not") is True or (isinstance(simple.get("not"), dict) and not simple["not"]):
        return False
    _contains(simple)
    for key in ("dependentRequired",):
        if key in simple:
            simple[key] = {name: sorted(set(names)) for name, names in simple[key].items() if names}
    if "required" in simple:
        simple["required"] = sorted(set(simple["required"]))
    allowed = _allowed(simple)
    for key in list(simple):
        concerned = FOR_TYPE.get(key)
        if (concerned and not _concerns(concerned, allowed)) or _says_nothing(simple, key):
            del simple[key]
    return simple


def _says_nothing(simple: dict[str, Any], key: str) -> bool:
    if key == "properties" and not simple[key]:
        return True
    if key in {"items", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "propertyNames"}:
        return simple[key] is True or simple[key] == {}
    if key == "uniqueItems":
        return simple[key] is False
    return key in _NOTHING_SAID and simple[key] == _NOTHING_SAID[key] and type(simple[key]) is type(_NOTHING_SAID[key])


def _allowed(simple: dict[str, Any]) -> frozenset[str]:
    """Return the types that values may have."""
    if "enum" in simple:
        return frozenset(_type_of(value) for value in simple["enum"])
    said = simple.get("type", list(_EVERY_TYPE))
    return frozenset([said] if isinstance(said, str) else said)


def _concerns(concerned: str, allowed: frozenset[str]) -> bool:
    return concerned in allowed or (concerned == "number" and "integer" in allowed)


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value == int(value)):
        return "integer"
    kinds = {float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]


def is_of_type(value: Any, types: frozenset[str]) -> bool:
    """Say whether a value is of one of the types; an integer is a number."""
    found = _type_of(value)
    return found in types or (found == "integer" and "number" in types)


def _types_and_values(simple: dict[str, Any]) -> None:
    if "type" in simple:
        said = simple["type"]
        types: set[str] = {said} if isinstance(said, str) else set(said)
        if "number" in types:
            types.discard("integer")
        if types >= _EVERY_TYPE:
            del simple["type"]
        else:
            simple["type"] = next(iter(types)) if len(types) == 1 else sorted(types)
    if "const" in simple:
        value = simple.pop("const")
        known = simple.get("enum")
        simple["enum"] = [value] if known is None or written(value) in {written(one) for one in known} else []
    if "enum" in simple:
        wanted = _allowed({"type": simple.pop("type")}) if "type" in simple else TYPES
        values = {written(value): value for value in simple["enum"] if is_of_type(value, wanted)}
        if set(values) == {"true", "false"}:
            del simple["enum"]
            simple["type"] = "boolean"
        elif set(values) == {"null"}:
            del simple["enum"]
            simple["type"] = "null"
        else:
            simple["enum"] = [values[key] for key in sorted(values)]


def _numbers(simple: dict[str, Any]) -> None:
    whole = _allowed(simple) & {"integer", "number"} == {"integer"} and "enum" not in simple
    if whole and simple.get("multipleOf") == 1:
        del simple["multipleOf"]
    if simple.get("multipleOf") == 1 and isinstance(simple.get("type"), str | list):
        types = _allowed(simple)
        if "number" in types:
            del simple["multipleOf"]
            left = sorted((types - {"number"}) | {"integer"})
            simple["type"] = left[0] if len(left) == 1 else left
            whole = True
    for bound, exclusive, tighter in (("minimum", "exclusiveMinimum", max), ("maximum", "exclusiveMaximum", min)):
        if whole and exclusive in simple:
            step = math.floor(simple[exclusive]) + 1 if bound == "minimum" else math.ceil(simple[exclusive]) - 1
            del simple[exclusive]
            simple[bound] = tighter(step, simple.get(bound, step))
        if whole and bound in simple:
            simple[bound] = math.ceil(simple[bound]) if bound == "minimum" else math.floor(simple[bound])
        if bound in simple and exclusive in simple:
            drop = bound if tighter(simple[bound], simple[exclusive]) == simple[exclusive] else exclusive
            del simple[drop]
    for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if isinstance(simple.get(key), float) and simple[key] == int(simple[key]):
            simple[key] = int(simple[key])


def _conditionals(simple: dict[str, Any]) -> None:
    if "if" not in simple:
        simple.pop("then", None)
        simple.pop("else", None)
        return
    for key in ("then", "else"):
        if simple.get(key) is True or simple.get(key) == {}:
            del simple[key]
    # A condition alone still counts for unevaluated properties: it stays where those may ask.
    if "then" not in simple and "else" not in simple and not _asks_for_the_rest(simple):
        del simple["if"]


def _asks_for_the_rest(simple: dict[str, Any]) -> bool:
    return "unevaluatedProperties" in simple or "unevaluatedItems" in simple


def _contains(simple: dict[str, Any]) -> None:
    if "contains" not in simple:
        simple.pop("minContains", None)
        simple.pop("maxContains", None)
    elif simple.get("minContains") == 1:
        del simple["minContains"]
    elif simple.get("minContains") == 0 and "maxContains" not in simple and not _asks_for_the_rest(simple):
        del simple["contains"], simple["minContains"]


# Alternatives ---------------------------------------------------------------------------------------------------------


def _alternatives(simple: dict[str, Any], key: str) -> bool:
    """Tidy ``anyOf`` or ``oneOf``; returns False where no branch is left."""
    branches = [branch for branch in simple.pop(key) if branch is not False]
    if key == "oneOf" and "anyOf" not in simple and _exclude_each_other(branches):
        key = "anyOf"
    if key == "oneOf":
        if len(branches) == 1:
            return _put_alone(simple, branches[0])
        simple["oneOf"] = branches
        return bool(branches)
    flat: list[Schema] = []
    for branch in branches:
        flat += branch["anyOf"] if isinstance(branch, dict) and set(branch) == {"anyOf"} else [branch]
    if any(branch is True or branch == {} for branch in flat) and not _asks_for_the_rest(simple):
        return True
    flat = _merged_values(_distinct(flat))
    if len(flat) == 1:
        return _put_alone(simple, flat[0])
    if len(flat) > 1:
        simple["anyOf"] = flat
    return bool(flat)


def _put_alone(simple: dict[str, Any], branch: Schema) -> bool:
    """Let the only branch that is left stand without its list."""
    joined = _join(simple, branch)
    if joined is False:
        return False
    simple.clear()
    if isinstance(joined, dict):
        simple.update(joined)
    return True


def _distinct(branches: list[Schema]) -> list[Schema]:
    return list({written(branch): branch for branch in reversed(branches)}.values())[::-1]


def _merged_values(branches: list[Schema]) -> list[Schema]:
    """Join branches that are only values, or only types, with each other and with a branch that they cannot disturb."""
    values = [branch for branch in branches if isinstance(branch, dict) and set(branch) == {"enum"}]
    types = [branch for branch in branches if isinstance(branch, dict) and set(branch) == {"type"}]
    others = [branch for branch in branches if branch not in values and branch not in types]
    joined: list[Schema] = []
    if values:
        joined.append(_tidy({"enum": [value for branch in values for value in branch["enum"]]}))
    if types:
        joined.append(_tidy({"type": sorted({one for branch in types for one in _allowed(branch)})}))
    if len(joined) == 2 and joined[1] == {"type": "null"} and isinstance(joined[0], dict):
        joined = [_tidy({"enum": [*joined[0]["enum"], None]})]
    for index, branch in enumerate(joined):
        for other, host in enumerate(others):
            if (widened := _widened(host, branch)) is not None:
                others[other] = widened
                joined[index] = False
                break
    return [*others, *(branch for branch in joined if branch is not False)]


def _widened(host: Schema, branch: Schema) -> Schema | None:
    """Return a typed schema that takes a type more; None where its other words would say something of that type."""
    if not (isinstance(host, dict) and isinstance(branch, dict) and set(branch) == {"type"} and "type" in host):
        return None
    more = _allowed(branch)
    plain = all(
        key in FOR_TYPE and not _concerns(FOR_TYPE[key], more) for key in host if key not in {"type", *ANNOTATIONS}
    )
    overlap = _allowed(host) & more or {"integer", "number"} & more
    if not plain or overlap:
        return None
    return {**host, "type": sorted(_allowed(host) | more)}


def _exclude_each_other(branches: list[Schema]) -> bool:
    """Say whether no value can be in two of the branches, as far as types, values and tags tell."""
    for index, one in enumerate(branches):
        for other in branches[index + 1 :]:
            if not (isinstance(one, dict) and isinstance(other, dict) and _disjoint(one, other)):
                return False
    return True


def _disjoint(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if "enum" in one and "enum" in other:
        return not {written(value) for value in one["enum"]} & {written(value) for value in other["enum"]}
    if _has_types(one) and _has_types(other):
        ours, theirs = _allowed(one), _allowed(other)
        ours |= {"number"} if "integer" in ours else set()
        theirs |= {"number"} if "integer" in theirs else set()
        if not ours & theirs:
            return True
    tags = set(one.get("required", ())) & set(other.get("required", ()))
    if one.get("type") != "object" or other.get("type") != "object":
        return False
    return any(_tagged_apart(one.get("properties", {}).get(tag), other.get("properties", {}).get(tag)) for tag in tags)


def _has_types(schema: dict[str, Any]) -> bool:
    return "type" in schema or "enum" in schema


def _tagged_apart(one: Any, other: Any) -> bool:
    if not (isinstance(one, dict) and isinstance(other, dict) and "enum" in one and "enum" in other):
        return False
    return not {written(value) for value in one["enum"]} & {written(value) for value in other["enum"]}


# Joining --------------------------------------------------------------------------------------------------------------


def _join(one: Schema, other: Schema) -> Schema:
    """Return a schema that means both; what cannot be joined stays under ``allOf``."""
    if one is False or other is False:
        return False
    if one is True or one == {}:
        return other
    if other is True or other == {}:
        return one
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    if written(one) == written(other):
        return one
    if (
        len(one) + len(other) > _MOST_KEYWORDS
        or _asks_for_the_rest(one)
        or _asks_for_the_rest(other)
        or "$ref" in other
    ):
        return _beside(one, other)
    joined = dict(one)
    left: dict[str, Any] = {}
    done: set[str] = set()
    for key in other:
        if key in done:
            continue
        group = next((group for group in _GROUPS if key in group), (key,))
        done |= set(group)
        theirs = {name: other[name] for name in group if name in other}
        ours = {name: joined[name] for name in group if name in joined}
        both = _joined_group(ours, theirs)
        if both is None:
            left |= theirs
        else:
            joined |= both
    result: Schema = joined if not left else {**joined, "allOf": [*joined.get("allOf", []), left]}
    return _tidy(result) if isinstance(result, dict) else result


def _beside(one: dict[str, Any], other: dict[str, Any]) -> Schema:
    branches = other["allOf"] if set(other) == {"allOf"} else [other]
    if set(one) == {"allOf"}:
        return {"allOf": [*one["allOf"], *branches]}
    return {**one, "allOf": [*one.get("allOf", []), *branches]}


def _joined_group(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any] | None:
    """Join keywords that belong together; None where nothing says both at once."""
    if not ours or ours == theirs:
        return theirs
    if set(ours) | set(theirs) <= {"properties"}:
        return {"properties": _joined_properties(ours["properties"], theirs["properties"])}
    if set(ours) == set(theirs) and len(ours) == 1:
        (key,) = ours
        if key in ANNOTATIONS:
            return ours
        join = _JOINS.get(key)
        return None if join is None else {key: join(ours[key], theirs[key])}
    return None


def _joined_properties(ours: dict[str, Schema], theirs: dict[str, Schema]) -> dict[str, Schema]:
    joined = dict(ours)
    for name, schema in theirs.items():
        joined[name] = _join(joined[name], schema) if name in joined else schema
        # References are joined by standing beside each other.
    return joined


def _types_in_both(ours: Any, theirs: Any) -> Any:
    one, other = _allowed({"type": ours}), _allowed({"type": theirs})
    both = set(one & other)
    if ("integer" in one and "number" in other) or ("integer" in other and "number" in one):
        both.add("integer")
    return sorted(both) if len(both) != 1 else next(iter(both))


def _values_in_both(ours: list[Any], theirs: list[Any]) -> list[Any]:
    known = {written(value) for value in theirs}
    return [value for value in ours if written(value) in known]


_JOINS: dict[str, Any] = {
    "type": _types_in_both,
    "enum": _values_in_both,
    "required": lambda ours, theirs: sorted({*ours, *theirs}),
    "allOf": lambda ours, theirs: [*ours, *theirs],
    "minimum": max, "exclusiveMinimum": max, "minLength": max, "minItems": max, "minProperties": max,
    "maximum": min, "exclusiveMaximum": min, "maxLength": min, "maxItems": min, "maxProperties": min,
    "uniqueItems": lambda ours, theirs: ours or theirs,
    "items": _join,
    "propertyNames": _join,
    "dependentRequired": lambda ours, theirs: {
        name: sorted({*ours.get(name, ()), *theirs.get(name, ())}) for name in {**ours, **theirs}
    },
}  # fmt: skip
