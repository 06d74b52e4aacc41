"""The file of a latitude profile: what an implementation does where the documents leave it open.

The suite writes it, and reads it again to tell what changed; the mock reads it to fill the gaps as that server does.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path

from chat_contract.contract import Contract
from chat_contract.document.source import read_source
from chat_contract.errors import shorten

FORMAT = "chat-contract-profile"
VERSION = 1


def as_profile(answers: Mapping[str, str], contract: Contract, base_url: str) -> str:
    """Return the file of a profile."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "contract": contract.version,
        "base_url": base_url,
        "answers": dict(answers),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_profile(path: Path, contract: Contract) -> dict[str, str]:
    """Read the answers of a profile.

    Raises :class:`DocumentError`: no profile, a question that there is not, an answer that it does not have.
    """
    source = read_source(path)
    value = source.value
    hint = "name a file that chat-contract verify --profile-out wrote"
    if not isinstance(value, dict) or value.get("format") != FORMAT or not isinstance(value.get("answers"), dict):
        raise source.error("is no latitude profile", pointer=(), value=shorten(value), hint=hint)
    if value.get("version") != VERSION:
        raise source.error(
            "is a profile of another version", pointer=("version",), value=value.get("version"), hint=hint
        )
    for name, answer in value["answers"].items():
        here = ("answers", name)
        if name not in contract.questions:
            known = ", ".join(difflib.get_close_matches(name, contract.questions)) or "those of openapi/latitude.yaml"
            raise source.error("there is no such question", pointer=here, value=answer, hint=f"did you mean {known}?")
        if answer not in contract.questions[name].answers:
            listed = ", ".join(contract.questions[name].answers)
            raise source.error("is no answer to this question", pointer=here, value=answer, hint=f"use one of {listed}")
    return dict(value["answers"])
