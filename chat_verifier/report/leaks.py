"""Keep credentials out of the files of a run: a second check, after redaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from chat_contract import KitError
from kit_http.redaction.secrets import Secrets

_ADVICE = (
    "If the key is a common word, it may occur in reports by chance: use a random key. "
    "Otherwise delete the reports of this run, revoke the key and report this bug in the kit."
)


class LeakError(KitError):
    """A report contains a credential that cannot be masked."""


def checked_text(name: str, text: str, secrets: Secrets) -> str:
    """Return the text; a credential that a server distributed over several values is masked where they meet.

    Raises :class:`LeakError` if that is not possible.
    """
    if not secrets.leaked(text):
        return text
    masked = secrets.masked(text)
    if secrets.leaked(masked) or _is_json(text) is not _is_json(masked):
        raise LeakError(f"{name} would contain the API key of this run. {_ADVICE}")
    return masked


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def check_files(files: Iterable[Path], secrets: Secrets) -> None:
    """Raise :class:`LeakError` if a file on the disk contains a credential."""
    leaking = [str(file) for file in files if file.is_file() and secrets.leaked(file.read_text("utf-8", "replace"))]
    if leaking:
        raise LeakError(f"{', '.join(leaking)}: contains the API key of this run. {_ADVICE}")
