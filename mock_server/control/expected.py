"""What a keyword of a JSON Schema expects, in the words of the mock's 422. Pure."""

from __future__ import annotations

from typing import Any

_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "pattern {}",
    "format": "{}",
}


def expected_text(violated: str, expected: tuple[str, Any] | None) -> str:
    """Return what is expected: a keyword with its value. ``violated`` is the keyword to name if that is unknown."""
    keyword, value = expected or (violated, None)
    if keyword == "type" and value is not None:
        names = [value] if isinstance(value, str) else list(value)
        return f"{' or '.join(name for name in names if name != 'null' or len(names) == 1)} expected"
    if keyword == "enum" and value is not None:
        return f"one of {', '.join(map(str, value))} expected"
    if keyword in _BOUNDS and value is not None:
        return f"{_BOUNDS[keyword].format(value)} expected"
    return f"violates the schema ({violated})"
