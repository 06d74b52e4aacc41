"""Write the reports and other files of a run, and keep its credentials out of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chat_contract import KitError
from kit_http.redaction.secrets import Secrets
from kit_reports.targets import write_whole


class LeakError(KitError):
    """A report would contain a credential."""


class WriteError(KitError):
    """A report could not be written."""


@dataclass(frozen=True)
class Artefact:
    """A text to write to a file, or to show if ``file`` is None. ``name`` is for messages."""

    name: str
    text: str
    file: Path | None


def write_artefacts(
    artefacts: Sequence[Artefact], secrets: Secrets, show: Callable[[str], None], *, checkpoint: Path | None = None
) -> None:
    """Show and write each artefact, except those that would contain a credential.

    A failure does not keep the others from being written. Then raises :class:`LeakError` or :class:`WriteError`.
    """
    leaking = [artefact.name for artefact in artefacts if secrets.leaked(artefact.text)]
    safe = [artefact for artefact in artefacts if artefact.name not in leaking]
    failed = [problem for artefact in safe if (problem := _write(artefact, show))]
    # Check the files too: what counts is what is on the disk.
    files = [*(artefact.file for artefact in safe), checkpoint]
    leaking += [
        str(file)
        for file in files
        if file is not None and file.is_file() and secrets.leaked(file.read_text("utf-8", "replace"))
    ]
    if leaking:
        raise LeakError(
            f"{', '.join(leaking)} would contain the API key of this run. Delete the files that exist. "
            "If the key is an everyday word, use another key; otherwise please report this as a bug."
        )
    if failed:
        raise WriteError("\n".join(failed))


def _write(artefact: Artefact, show: Callable[[str], None]) -> str:
    """Return what went wrong; empty if the artefact was written."""
    if artefact.file is None:
        show(artefact.text)
        return ""
    try:
        write_whole(artefact.file, artefact.text)
    except OSError as error:
        return f"{artefact.name}: cannot write {artefact.file} ({error.strerror or error})"
    return ""
