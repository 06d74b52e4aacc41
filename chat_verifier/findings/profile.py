"""The profile of a server: its answers to the open questions, where the documents leave the behaviour unspecified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chat_contract import Contract
from chat_contract.open_questions import Question
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.locs import locs_of
from chat_contract.rules.validation_error import names_a_fault
from chat_verifier.run.observation import Observation


class Answer(StrEnum):
    """A server's answer to an open question."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"
    CONTINUED = "continued"
    REPLACED = "replaced"
    NOT_FOUND = "not-found"


@dataclass(frozen=True)
class ProfileChange:
    """An open question that the server answers differently from an earlier run."""

    question: str
    before: str
    now: str


def open_question_profile(contract: Contract, observations: Iterable[Observation]) -> dict[str, Answer]:
    """Return the first clear answer to each open question, by question id, in the order of the questions."""
    answers: dict[str, Answer] = {}
    for observation in observations:
        facts = observation.facts
        for name in facts.classification.questions:
            answer = _answer(contract.questions[name], facts)
            if answer is not None:
                answers.setdefault(name, answer)
    return {name: answers[name] for name in contract.questions if name in answers}


def _answer(question: Question, facts: ExchangeFacts) -> Answer | None:
    if facts.kind not in {RequestKind.UNSPECIFIED, RequestKind.FOREIGN_MEDIA_TYPE}:
        return None
    if question.unissued:
        return _answer_to_unknown_conversation(facts)
    if facts.status == 200:
        return Answer.ACCEPTED
    if facts.status == 415 and question.about_media_type:
        return Answer.UNSUPPORTED
    if facts.status == 422 and (len(facts.classification.questions) == 1 or _is_blamed(question, facts)):
        return Answer.REJECTED
    return None


def _answer_to_unknown_conversation(facts: ExchangeFacts) -> Answer | None:
    if facts.status == 200 and facts.reply_id is not None:
        return Answer.CONTINUED if facts.reply_id == facts.sent_id else Answer.REPLACED
    if facts.status == 404:
        return Answer.NOT_FOUND
    return Answer.REJECTED if facts.status == 422 and len(facts.classification.questions) == 1 else None


def _is_blamed(question: Question, facts: ExchangeFacts) -> bool:
    """Return whether the rejection names the question's place, and no other question of this request is about it."""
    rivals = [facts.contract.questions[name] for name in facts.classification.questions if name != question.id]
    if any(rival.place == question.place and rival.unknown == question.unknown for rival in rivals):
        return False
    locs = [loc for _, loc in locs_of(facts.response_json) if loc]
    return any(_is_about(question, loc, facts) and names_a_fault(loc, facts) for loc in locs)


def _is_about(question: Question, loc: list[str | int], facts: ExchangeFacts) -> bool:
    if question.unknown:
        unknown = {fault.place for fault in facts.classification.faults if fault.keyword == "additionalProperties"}
        return tuple(loc[1:]) in unknown and len(loc) - 2 == len(question.place or ())
    return bool(question.place) and str(loc[-1]) == (question.place or ())[-1]


def changes_between(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[ProfileChange, ...]:
    """Return the questions that both profiles answer, and answer differently."""
    return tuple(
        ProfileChange(name, before[name], now[name]) for name in before if name in now and before[name] != now[name]
    )
