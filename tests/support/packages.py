"""Distributions that only a test sees: their metadata, without code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path


class Packages:
    """A folder on ``sys.path``, before all others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self, name: str, version: str, files: Mapping[str, str] | None = None, requires: Iterable[str] = ()
    ) -> None:
        """Add a distribution, which hides an installed one of the same name."""
        folder = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir(parents=True)
        lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        for file, text in {"METADATA": "\n".join(lines) + "\n", **(files or {})}.items():
            (folder / file).write_text(text, "utf-8")
