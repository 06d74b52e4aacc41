"""Records exchanges: judges each by the contract, and saves it as a fixture if the mock can replay it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Any

from chat_contract import Contract, Exchange, History, KitError, Violation
from chat_contract.conformance import examine, find_violations, update_history
from chat_contract.exchange import Headers
from chat_contract.roles import CONVERSATION, MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts
from mock_server.recorder.folder import Folder, Saved
from mock_server.recorder.grouping import ConversationGroups


class NotSaved(StrEnum):
    """Why an exchange is not saved."""

    NO_REPLY = "no-reply"
    INVALID_REPLY = "invalid-reply"
    EMPTY_MESSAGE = "empty-message"
    NO_REQUEST_MESSAGE = "no-request-message"
    INVALID_TEXT = "invalid-text"
    CONTAINS_KEY = "contains-key"
    WRITE_FAILED = "write-failed"


@dataclass(frozen=True)
class Recorded:
    """One exchange with its violations, and either where it is saved or why it is not."""

    exchange: Exchange
    seconds: float
    violations: tuple[Violation, ...]
    saved: Saved | None = None
    reason: NotSaved | None = None
    error: str = ""
    """The error message if writing failed."""


class Recording:
    """Records exchanges. Thread-safe."""

    def __init__(
        self,
        contract: Contract,
        folder: Folder,
        *,
        say: Callable[[str], None],
        secrets: Callable[[Headers], Callable[[str], bool]],
    ) -> None:
        """``say`` prints a line. ``secrets`` returns, for headers, a test whether a text contains their key."""
        self._contract = contract
        self._folder = folder
        self._say = say
        self._secrets = secrets
        self._history = History()
        self._conversations = ConversationGroups()
        self._lock = Lock()

    def add(self, exchange: Exchange, seconds: float) -> Recorded:
        """Judge, save and report one exchange. ``seconds`` is the time that the service took."""
        with self._lock:
            facts = examine(self._contract, exchange, self._history)
            violations = tuple(each for each in find_violations(facts) if each.level != "observed")
            update_history(self._history, facts)
            contains_key = self._secrets(exchange.request.headers)
            recorded = self._save(facts, seconds, violations, contains_key)
            for line in lines_of(recorded):
                self._say("  (line not shown: it contains the API key)" if contains_key(line) else line)
            return recorded

    def _save(
        self,
        facts: ExchangeFacts,
        seconds: float,
        violations: tuple[Violation, ...],
        contains_key: Callable[[str], bool],
    ) -> Recorded:
        reason = self._reason_not_to_save(facts, contains_key)
        if reason is not None:
            return Recorded(facts.exchange, seconds, violations, reason=reason)
        try:
            saved = self._folder.save(self._conversations.add(facts.body, facts.reply or {}))
        except KitError as error:
            failed = NotSaved.WRITE_FAILED
            return Recorded(facts.exchange, seconds, violations, reason=failed, error=str(error))
        return Recorded(facts.exchange, seconds, violations, saved)

    def _reason_not_to_save(self, facts: ExchangeFacts, contains_key: Callable[[str], bool]) -> NotSaved | None:
        if facts.reply is None:
            return NotSaved.NO_REPLY
        if not self._contract.response_validators[200].is_valid(facts.reply) or not facts.reply_id:
            return NotSaved.INVALID_REPLY
        if not facts.reply[MESSAGE].strip():
            return NotSaved.EMPTY_MESSAGE
        if not isinstance(facts.field(MESSAGE), str):
            return NotSaved.NO_REQUEST_MESSAGE
        texts = list(_texts([facts.field(MESSAGE), {**facts.reply, CONVERSATION: ""}]))
        if any(_has_surrogate(text) for text in texts):
            return NotSaved.INVALID_TEXT
        return NotSaved.CONTAINS_KEY if any(map(contains_key, texts)) else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield key
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


# Report ---------------------------------------------------------------------------------------------------------------

_REASONS = {
    NotSaved.NO_REPLY: "the response is not a reply with status 200",
    NotSaved.INVALID_REPLY: "the reply violates the contract",
    NotSaved.EMPTY_MESSAGE: "the message of the reply is empty",
    NotSaved.NO_REQUEST_MESSAGE: "the request has no message",
    NotSaved.INVALID_TEXT: "a text contains a lone surrogate, which UTF-8 cannot represent",
    NotSaved.CONTAINS_KEY: "a text contains the key",
}


def lines_of(recorded: Recorded) -> Iterator[str]:
    """Yield the report: a line about the exchange, and one for each violation and each note."""
    request, outcome = recorded.exchange.request, recorded.exchange.outcome
    status = getattr(outcome, "status", "no complete response")
    yield f"{request.method} {request.path}: {status} after {recorded.seconds:.2f} s; {_result(recorded)}"
    for violation in recorded.violations:
        yield f"  {'violates' if violation.level == 'must' else 'warning'} {violation.message}"
    if recorded.saved is not None:
        yield from _notes(recorded.saved)


def _result(recorded: Recorded) -> str:
    saved = recorded.saved
    if saved is None:
        return f"not saved: {recorded.error or _REASONS.get(recorded.reason or NotSaved.WRITE_FAILED, '')}"
    items = f", {saved.new_items} new item{'' if saved.new_items == 1 else 's'}" if saved.new_items else ""
    if saved.file is None:
        return f"already in the folder{items}"
    return f"saved in {saved.file.parent.name}/{saved.file.name}{items}"


def _notes(saved: Saved) -> Iterator[str]:
    for item_id in saved.changed_items:
        yield f"  item {item_id} differs from catalogue.yaml, which is not changed"
    if saved.file_changed is not None:
        changed = saved.file_changed
        yield f"  {changed.file.name} was changed by another program; continued in {changed.continued_in.name}"
