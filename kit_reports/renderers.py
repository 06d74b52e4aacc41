"""The renderers of a report by format. The module of a format is imported when a report of this format is written."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

Renderer = Callable[[Any], str]


def renderers(functions: Mapping[str, tuple[str, str]]) -> dict[str, Renderer]:
    """Return a renderer for each format. A format is given with the module and the name of its function."""
    return {name: partial(_render, *function) for name, function in functions.items()}


def _render(module: str, function: str, report: object) -> str:
    text = getattr(importlib.import_module(module), function)(report)
    assert isinstance(text, str)
    return text
