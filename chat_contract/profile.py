"""Reads and writes profile files: how an implementation answers the open questions.

The verifier writes a profile, and reads one to report changes. The mock reads one to behave like that implementation.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chat_contract.contract import Contract
from chat_contract.document.source import read_source

FORMAT = "chat-contract-profile"
VERSION = 1


def as_profile(answers: Mapping[str, str], contract: Contract, base_url: str) -> str:
    """Return the text of a profile file."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "contract": contract.version,
        "base_url": base_url,
        "answers": dict(answers),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read_profile(path: Path, contract: Contract) -> dict[str, str]:
    """Read the answers of a profile, by question id.

    Raises :class:`chat_contract.errors.DocumentError` if the file is not a profile, or has an unknown question or
    answer.
    """
    source = read_source(path)
    value = source.value
    hint = "Pass a file written by chat-contract verify --profile-out."
    if not isinstance(value, dict) or value.get("format") != FORMAT or not isinstance(value.get("answers"), dict):
        raise source.error("not a profile", pointer=(), value=value, hint=hint)
    if value.get("version") != VERSION:
        raise source.error(
            f"unsupported profile version, expected {VERSION}",
            pointer=("version",),
            value=value.get("version"),
            hint=hint,
        )
    for name, answer in value["answers"].items():
        here = ("answers", name)
        if name not in contract.questions:
            close = ", ".join(difflib.get_close_matches(name, contract.questions))
            known = f"Did you mean {close}?" if close else "Use the ids of openapi/latitude.yaml."
            raise source.error(f'unknown question "{name}"', pointer=here, value=answer, hint=known)
        if answer not in contract.questions[name].answers:
            listed = ", ".join(contract.questions[name].answers)
            raise source.error(
                "unknown answer to this question", pointer=here, value=answer, hint=f"Use one of {listed}."
            )
    return dict(value["answers"])


def profile_schema(contract: Contract) -> dict[str, Any]:
    """Return the JSON Schema of profile files."""
    answers = {name: {"enum": sorted(question.answers)} for name, question in contract.questions.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Profile of chat-contract verify",
        "type": "object",
        "required": ["format", "version", "answers"],
        "properties": {
            "format": {"const": FORMAT},
            "version": {"const": VERSION},
            "answers": {"type": "object", "additionalProperties": False, "properties": answers},
        },
    }
