"""Fits the bundled items to the response schema of a user's own document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

from chat_contract.contract import validator_for
from mock_server.shop.generated import generate

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")


def fit_items(items: list[dict[str, Any]], response_schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the items with values that the schema allows, as far as possible.

    A number in quotes becomes a number, and the reverse. Other optional properties that are invalid go. Required ones
    that are missing or invalid get a generated value.
    """
    schema = response_schema.get("properties", {}).get("items", {}).get("items")
    if not isinstance(schema, dict):
        return items
    validator = validator_for(schema)
    return [item if validator.is_valid(item) else _fitted(item, schema) for item in items]


def _fitted(item: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    chance = Random(0)  # noqa: S311 - the same values every time
    fitted: dict[str, Any] = {}
    for name in dict.fromkeys((*item, *required)):
        inner = properties.get(name, schema.get("additionalProperties", True))
        validator = validator_for(inner) if isinstance(inner, dict) else None
        forms = _forms(item[name]) if name in item and inner is not False else []
        value = next((one for one in forms if validator is None or validator.is_valid(one)), None)
        if value is not None:
            fitted[name] = value
        elif name in required:
            fitted[name] = generate(inner, chance)
    return fitted


def _forms(value: Any) -> list[Any]:
    """Return the value, and the same value in another JSON type."""
    if isinstance(value, str) and _NUMBER.match(value):
        return [value, float(value) if "." in value else int(value)]
    return [value, str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else [value]
