"""Groups of schema keywords that are compared together."""

from __future__ import annotations

from enum import StrEnum


class KeywordGroup(StrEnum):
    """Keywords that are compared together. Most groups are one keyword and have its name."""

    TYPE = "type"
    ENUM = "enum"
    LOWER_BOUND = "lower-bound"
    UPPER_BOUND = "upper-bound"
    MULTIPLE_OF = "multipleOf"
    MIN_LENGTH = "minLength"
    MAX_LENGTH = "maxLength"
    PATTERN = "pattern"
    FORMAT = "format"
    MIN_ITEMS = "minItems"
    MAX_ITEMS = "maxItems"
    UNIQUE_ITEMS = "uniqueItems"
    ITEMS = "items"
    CONTAINS = "contains"
    MIN_PROPERTIES = "minProperties"
    MAX_PROPERTIES = "maxProperties"
    REQUIRED = "required"
    PROPERTIES = "properties"
    PATTERN_PROPERTIES = "patternProperties"
    ADDITIONAL_PROPERTIES = "additionalProperties"
    PROPERTY_NAMES = "propertyNames"
    DEPENDENT_REQUIRED = "dependentRequired"
    DEPENDENT_SCHEMAS = "dependentSchemas"
    ALL_OF = "allOf"
    ANY_OF = "anyOf"
    ONE_OF = "oneOf"
    NOT = "not"
    CONDITIONAL = "conditional"
    UNEVALUATED_PROPERTIES = "unevaluatedProperties"
    UNEVALUATED_ITEMS = "unevaluatedItems"
    SCHEMA = "schema"
    """A schema that is true or false on one side."""
    WHOLE = "whole"
    """All differences of a schema together."""


_SEVERAL = {
    KeywordGroup.LOWER_BOUND: ("minimum", "exclusiveMinimum"),
    KeywordGroup.UPPER_BOUND: ("maximum", "exclusiveMaximum"),
    KeywordGroup.ITEMS: ("items", "prefixItems"),
    KeywordGroup.CONTAINS: ("contains", "minContains", "maxContains"),
    KeywordGroup.ALL_OF: ("allOf", "$ref"),
    KeywordGroup.CONDITIONAL: ("if", "then", "else"),
    KeywordGroup.SCHEMA: (),
    KeywordGroup.WHOLE: (),
}

GROUPS: dict[KeywordGroup, tuple[str, ...]] = {group: _SEVERAL.get(group, (group.value,)) for group in KeywordGroup}
"""The keywords of each group."""
