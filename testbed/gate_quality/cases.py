"""The cases of ``testbed/gate_cases``: one folder each, two documents and the true verdict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "gate_cases"

NONE: Any = object()


@dataclass(frozen=True)
class Case:
    """``rule`` is among the findings; ``witness`` is what the truth rests on, a value that one side refuses."""

    folder: Path
    says: str
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
    told = yaml.safe_load((folder / "case.yaml").read_text("utf-8"))
    return Case(
        folder,
        told["says"],
        told["verdict"],
        told.get("rule"),
        told.get("side"),
        told.get("witness", NONE),
        told.get("findings"),
    )


def all_cases() -> list[Case]:
    return [read_case(folder) for folder in sorted(FOLDER.iterdir()) if (folder / "case.yaml").is_file()]
