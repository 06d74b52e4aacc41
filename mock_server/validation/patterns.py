"""Regular expressions on text of clients and users. They run in linear time, so no pattern can block a thread."""

from __future__ import annotations

from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema


class PatternError(ValueError):
    """A pattern is invalid. The text gives the reason."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> SchemaValidator:
    """Compile a pattern that ignores case. Raise :class:`PatternError` if it is invalid.

    The engine is Rust's, by way of pydantic-core. It supports neither look-around nor back-references.
    """
    try:
        return SchemaValidator(core_schema.str_schema(pattern=f"(?i){pattern}", regex_engine="rust-regex"))
    except SchemaError as error:
        reason = str(error).partition("SchemaError: ")[2] or str(error)
        raise PatternError(reason.strip()) from None
