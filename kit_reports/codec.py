"""Writes report models as JSON and reads them back; exports the JSON Schema of a model.

A report model is a frozen dataclass made of dataclasses, tuples, string enums and JSON values.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

Model = TypeVar("Model")


def encode(report: Any) -> str:
    """Return the report as indented JSON that always encodes to UTF-8: lone surrogates are written as escapes."""
    text = json.dumps(plain(report), ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def decode(model: type[Model], text: str | bytes) -> Model:
    """Return the report that :func:`encode` wrote.

    Raises :class:`ValueError` where the text is not JSON or does not fit the model.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415 - only reading needs it, and it is slow to import

    return TypeAdapter(model).validate_json(text)


def json_schema(model: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what :func:`encode` writes for the model."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - only the export needs it, and it is slow to import

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(model).json_schema()}


def plain(value: Any) -> Any:
    """Return the value as JSON values: dataclasses become objects, enums their values, tuples and sets lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [plain(child) for child in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(child) for child in value)
    return value
