"""Locates the shipped documents: inside the installed package, or next to it in a checkout."""

from __future__ import annotations

from pathlib import Path

from chat_contract.errors import KitError

_PACKAGE = Path(__file__).resolve().parent


def openapi_dir() -> Path:
    """Return the folder with ``chat.yaml``, its overlays, the open questions and the clauses."""
    return _shipped("openapi")


def fixtures_dir() -> Path:
    """Return the folder with the mock's catalogue and conversations."""
    return _shipped("fixtures")


def shown_name(file: Path) -> str:
    """Return the name of a file for texts: relative to the working directory; of a shipped file, as in a checkout."""
    here = Path.cwd()
    if file.is_relative_to(here):
        return str(file.relative_to(here))
    for folder in (openapi_dir(), fixtures_dir()):
        if file.is_relative_to(folder):
            return str(file.relative_to(folder.parent))
    return str(file)


def _shipped(name: str) -> Path:
    candidates = (_PACKAGE / "shipped" / name, _PACKAGE.parent / name)
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    raise KitError(f"the folder {name}/ is missing from this installation. Reinstall chat-contract.")
