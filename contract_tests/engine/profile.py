"""The latitude profile: what this implementation does where the documents leave it open."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chat_contract import Contract
from chat_contract.errors import shorten
from chat_contract.latitude import Question
from chat_contract.rules.facts import Facts, Kind
from chat_contract.rules.refusal import blames_a_fault
from chat_contract.sources import read_source
from contract_tests.engine.runner import Observation

FORMAT = "chat-contract-profile"
VERSION = 1


def latitude_profile(contract: Contract, observations: Iterable[Observation]) -> dict[str, str]:
    """Return the answer to each question that an exchange answers clearly, by id, in the order of the questions."""
    answers: dict[str, str] = {}
    for observation in observations:
        facts = observation.facts
        for name in facts.classification.questions:
            answer = _answer(contract.questions[name], facts)
            if answer is not None:
                answers.setdefault(name, answer)
    return {name: answers[name] for name in contract.questions if name in answers}


def _answer(question: Question, facts: Facts) -> str | None:
    if facts.kind not in {Kind.LATITUDE, Kind.FOREIGN_MEDIA_TYPE}:
        return None
    if question.unissued:
        return _of_unknown_conversation(facts)
    if facts.status == 200:
        return "accepted"
    if facts.status == 415 and question.about_media_type:
        return "unsupported"
    if facts.status == 422 and (len(facts.classification.questions) == 1 or _is_blamed(question, facts)):
        return "refused"
    return None


def _of_unknown_conversation(facts: Facts) -> str | None:
    if facts.status == 200 and facts.reply_id is not None:
        return "continued" if facts.reply_id == facts.sent_id else "replaced"
    if facts.status == 404:
        return "not-found"
    return "refused" if facts.status == 422 and len(facts.classification.questions) == 1 else None


def _is_blamed(question: Question, facts: Facts) -> bool:
    """Say whether the refusal names the question's place, and no other question of this request is about it."""
    rivals = [name for name in facts.classification.questions if name != question.id]
    if any(facts.contract.questions[name].place == question.place for name in rivals) or not question.place:
        return False
    detail = facts.answer.get("detail") if isinstance(facts.answer, dict) else None
    locs: list[Any] = [entry.get("loc") for entry in detail or [] if isinstance(entry, dict)]
    return any(
        isinstance(loc, list) and loc and str(loc[-1]) == question.place[-1] and blames_a_fault(loc, facts)
        for loc in locs
    )


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
    mend = "name a file that chat-contract verify --profile-out wrote"
    if not isinstance(value, dict) or value.get("format") != FORMAT or not isinstance(value.get("answers"), dict):
        raise source.error("is no latitude profile", pointer=(), value=shorten(value), mend=mend)
    if value.get("version") != VERSION:
        raise source.error(
            "is a profile of another version", pointer=("version",), value=value.get("version"), mend=mend
        )
    for name, answer in value["answers"].items():
        here = ("answers", name)
        if name not in contract.questions:
            known = ", ".join(difflib.get_close_matches(name, contract.questions)) or "those of openapi/latitude.yaml"
            raise source.error("there is no such question", pointer=here, value=answer, mend=f"did you mean {known}?")
        if answer not in contract.questions[name].answers:
            listed = ", ".join(contract.questions[name].answers)
            raise source.error("is no answer to this question", pointer=here, value=answer, mend=f"use one of {listed}")
    return dict(value["answers"])


def changes_between(before: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return question, answer then and answer now, where both are known and differ: what no schema shows."""
    return [(name, before[name], now[name]) for name in before if name in now and before[name] != now[name]]
