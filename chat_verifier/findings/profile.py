"""The latitude profile: what this implementation does where the documents leave it open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chat_contract import Contract
from chat_contract.open_questions import Question
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.validation_error import names_a_fault
from chat_verifier.run.runner import Observation


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


def _answer(question: Question, facts: ExchangeFacts) -> str | None:
    if facts.kind not in {RequestKind.UNSPECIFIED, RequestKind.FOREIGN_MEDIA_TYPE}:
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


def _of_unknown_conversation(facts: ExchangeFacts) -> str | None:
    if facts.status == 200 and facts.reply_id is not None:
        return "continued" if facts.reply_id == facts.sent_id else "replaced"
    if facts.status == 404:
        return "not-found"
    return "refused" if facts.status == 422 and len(facts.classification.questions) == 1 else None


def _is_blamed(question: Question, facts: ExchangeFacts) -> bool:
    """Say whether the refusal names the question's place, and no other question of this request is about it."""
    rivals = [name for name in facts.classification.questions if name != question.id]
    if any(facts.contract.questions[name].place == question.place for name in rivals) or not question.place:
        return False
    detail = facts.response_json.get("detail") if isinstance(facts.response_json, dict) else None
    locs: list[Any] = [entry.get("loc") for entry in detail or [] if isinstance(entry, dict)]
    return any(
        isinstance(loc, list) and loc and str(loc[-1]) == question.place[-1] and names_a_fault(loc, facts)
        for loc in locs
    )


def changes_between(before: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return question, answer then and answer now, where both are known and differ: what no schema shows."""
    return [(name, before[name], now[name]) for name in before if name in now and before[name] != now[name]]
