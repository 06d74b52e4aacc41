"""Writes tests/messages.txt: every message of the kit in one place, so that a reviewer can read them.

    python -m tests.support.messages

The first part lists the texts in the source by area and module, with ``{…}`` for a value; the second part shows what
the oracle says about each example exchange of a clause.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chat_contract import load_contract
from tests.support.paths import ROOT
from tests.support.texts import messages, modules
from tests.unit.chat_contract.messages import lines

FILE = ROOT / "tests" / "messages.txt"

# The areas, each with the packages or folders whose modules it covers. The first that matches counts.
AREAS: dict[str, tuple[str, ...]] = {
    "recorder": ("mock_server/recorder",),
    "mock": ("mock_server", "chat_mock"),
    "verifier": ("chat_verifier", "contract_tests"),
    "gate": ("spec_gate",),
    "load": ("chat_load",),
    "command line": ("kit_cli", "kit_http", "kit_options", "kit_reports"),
    "core": ("chat_contract",),
}


def page() -> str:
    """Return the whole file."""
    return "\n".join([*_by_area(), "# oracle: violations by clause", "", *lines(load_contract())]) + "\n"


def _by_area() -> Iterator[str]:
    packages = (
        "chat_contract",
        "chat_verifier",
        "contract_tests",
        "mock_server",
        "chat_mock",
        "spec_gate",
        "chat_load",
    )
    paths = [
        path
        for package in (*packages, "kit_http", "kit_options", "kit_reports", "kit_cli")
        for path in modules(package)
    ]
    for area in sorted(AREAS):
        yield f"# {area}"
        yield ""
        for path in paths:
            texts = list(dict.fromkeys(messages(path))) if _area_of(path) == area else []
            if texts:
                yield path.relative_to(ROOT).as_posix()
                yield from (f"  {_on_one_line(text)}" for text in texts)
                yield ""


def _area_of(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix()
    return next(area for area, folders in AREAS.items() if any(name.startswith(f"{folder}/") for folder in folders))


def _on_one_line(text: str) -> str:
    return text.strip().replace("\n", "\\n")


if __name__ == "__main__":
    FILE.write_text(page(), "utf-8")
