"""Reads the cases of ``testbed/gate_cases``: each folder has two documents and the correct verdict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "gate_cases"

ABSENT: Any = object()
"""Stands for a witness that a case does not have; None is a JSON value."""


@dataclass(frozen=True)
class Case:
    """A change with its correct verdict.

    ``rule`` must be among the findings, and ``findings`` is their number; None leaves them open. ``side`` is the side
    of a required witness. ``witness`` is a value that proves the verdict.
    """

    folder: Path
    title: str
    verdict: str
    rule: str | None
    side: str | None
    witness: Any
    findings: int | None

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def base(self) -> Path:
        return self.folder / "base.yaml"

    @property
    def revision(self) -> Path:
        return self.folder / "revision.yaml"


def read_case(folder: Path) -> Case:
    """Read the case in a folder."""
    case = yaml.safe_load((folder / "case.yaml").read_text("utf-8"))
    return Case(
        folder,
        case["title"],
        case["verdict"],
        case.get("rule"),
        case.get("side"),
        case.get("witness", ABSENT),
        case.get("findings"),
    )


def all_cases() -> list[Case]:
    """Read all cases, sorted by name."""
    return [read_case(folder) for folder in sorted(FOLDER.iterdir()) if (folder / "case.yaml").is_file()]
