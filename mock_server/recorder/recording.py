"""Records exchanges: judges each by the contract, and saves it as a fixture if the mock can replay it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import Any

from chat_contract import Contract, Exchange, History, KitError, Violation
from chat_contract.body import ABSENT
from chat_contract.classification import RequestClass
from chat_contract.conformance import examine, find_violations, update_history
from chat_contract.exchange import Response, find_header
from chat_contract.roles import CONVERSATION, ITEM, MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts
from kit_http.redaction.personal import NO_MASKS, Masking, Masks, PersonalData
from kit_reports.counting import count_of
from mock_server.overrides.reading import can_send
from mock_server.recorder.folder import Folder, Saved, WriteError
from mock_server.recorder.grouping import ConversationGroups, Failure

_REJECTED = 422
_RETRY_AFTER = "Retry-After"
_FAILURES = frozenset({_REJECTED, 429, *range(500, 600)})
_NEVER_MASKED = frozenset({CONVERSATION, ITEM, "price"})
"""Properties of replies that identify or count, and look like phone numbers."""

_TOKENS = frozenset({"access_token", "refresh_token", "id_token", "client_secret", "password", "api_key", "apikey"})
"""Properties of bodies that contain a credential, as OAuth names them."""


MAX_HISTORY_BYTES = 8 * 1024 * 1024
"""Size of what is remembered to judge later exchanges. Beyond it, the recorder forgets all ids and learns them anew."""
MAX_CREDENTIALS = 16 * 1024
"""Length of the credentials of one exchange. Searching for longer ones, in all encodings, takes too much memory."""
_NOTED_BYTES = 1024
"""Size of what is remembered of an exchange, without its body."""
_BYTES_PER_CHARACTER = 8
"""Size of what is remembered of a conversation id: the id, and a folded copy."""


class NotSaved(StrEnum):
    """Why an exchange is not saved."""

    NO_REPLY = "no-reply"
    INVALID_REPLY = "invalid-reply"
    EMPTY_MESSAGE = "empty-message"
    NO_REQUEST_MESSAGE = "no-request-message"
    INVALID_TEXT = "invalid-text"
    CONTAINS_KEY = "contains-key"
    LONG_CREDENTIALS = "long-credentials"
    NO_FIXTURE = "no-fixture"
    WAITS = "waits"
    INVALID_REQUEST = "invalid-request"
    PREVIEW = "preview"


@dataclass(frozen=True)
class Recorded:
    """One exchange with its violations, and either where it is saved or why it is not."""

    exchange: Exchange
    seconds: float
    violations: tuple[Violation, ...]
    saved: Saved | None = None
    reason: NotSaved | None = None
    error: str = ""
    """Why it cannot be a fixture, or waits until the folder can be written to."""
    maskings: tuple[Masking, ...] = ()
    """The personal data that was replaced."""


class Recording:
    """Records exchanges. Thread-safe."""

    def __init__(
        self,
        contract: Contract,
        folder: Folder | None,
        *,
        say: Callable[[str], None],
        secrets: Callable[[Exchange, str], Callable[[str], bool] | None],
        masks: Masks = NO_MASKS,
    ) -> None:
        """Record into ``folder``; without one, only preview what would be saved.

        ``say`` prints a line. ``secrets`` returns, for an exchange and its query, a test whether a text contains one of
        their credentials; None if these are longer than MAX_CREDENTIALS. ``masks`` replace personal data.
        """
        self._masks = masks
        self._contract = contract
        self._folder = folder
        self._say = say
        self._secrets = secrets
        self._history, self._noted = History(), 0
        self._conversations = ConversationGroups()
        self._lock = Lock()

    def add(self, exchange: Exchange, seconds: float, query: str = "") -> Recorded:
        """Judge, save and report one exchange. ``seconds`` is the time that the service took."""
        with self._lock:
            facts = examine(self._contract, exchange, self._history)
            violations = tuple(each for each in find_violations(facts) if each.level != "observed")
            self._note(facts)
            contains_key = self._secrets(exchange, query)
            if contains_key is None:
                # No text of this exchange is shown either.
                self._say(f"An exchange is not saved: {_REASONS[NotSaved.LONG_CREDENTIALS]}")
                return Recorded(exchange, seconds, violations, reason=NotSaved.LONG_CREDENTIALS)
            recorded = self._save(facts, seconds, violations, contains_key)
            for line in (*(self._masks.applied(line)[0] for line in lines_of(recorded)), *masking_lines(recorded)):
                self._say("  (line not shown: it contains the API key)" if contains_key(line) else line)
            return recorded

    def _note(self, facts: ExchangeFacts) -> None:
        """Add an exchange to the history, and start a new one before it becomes too large."""
        self._noted += _NOTED_BYTES + 2 * len(facts.request.body) + _BYTES_PER_CHARACTER * len(facts.reply_id or "")
        if self._noted > MAX_HISTORY_BYTES:
            self._history, self._noted = History(), 0
        update_history(self._history, facts)

    def end(self) -> None:
        """Save what waits. Raise :class:`WriteError` if that is not possible, and let others use the folder."""
        if self._folder is None:
            return
        with self._lock, closing(self._folder):
            try:
                self._folder.save_waiting()
            except WriteError as error:
                waiting = count_of(self._folder.waiting, "conversation")
                raise WriteError(f"{waiting} could not be saved: {error}.") from None

    def _save(
        self,
        facts: ExchangeFacts,
        seconds: float,
        violations: tuple[Violation, ...],
        contains_key: Callable[[str], bool],
    ) -> Recorded:
        failure = failure_of(facts)
        reason = self._reason_not_to_save(facts, failure, contains_key)
        if reason is not None:
            return Recorded(facts.exchange, seconds, violations, reason=reason)
        sent, received, maskings = self._masked(facts, failure)
        recorded = Recorded(facts.exchange, seconds, violations, maskings=maskings)
        if self._folder is None:
            return replace(recorded, reason=NotSaved.PREVIEW)
        add = self._conversations
        try:
            saved = self._folder.save(
                add.add(sent, received) if failure is None else add.add_failure(sent, replace(failure, body=received))
            )
        except WriteError as error:
            return replace(recorded, reason=NotSaved.WAITS, error=str(error))
        except KitError as error:
            return replace(recorded, reason=NotSaved.NO_FIXTURE, error=str(error))
        return replace(recorded, saved=saved)

    def _masked(self, facts: ExchangeFacts, failure: Failure | None) -> tuple[dict[str, Any], Any, tuple[Masking, ...]]:
        """Return the request and the response without personal data, and what was replaced."""
        message, first = self._masks.applied(facts.body[MESSAGE])
        response = facts.reply if failure is None else failure.body
        received, second = self._masks.applied_to(response, _NEVER_MASKED)
        return {**facts.body, MESSAGE: message}, received, tuple(dict.fromkeys((*first, *second)))

    def _reason_not_to_save(
        self, facts: ExchangeFacts, failure: Failure | None, contains_key: Callable[[str], bool]
    ) -> NotSaved | None:
        if failure is not None:
            return self._reason_not_to_save_failure(facts, failure, contains_key)
        if facts.reply is None:
            return NotSaved.NO_REPLY
        if not self._contract.response_validators[200].is_valid(facts.reply) or not facts.reply_id:
            return NotSaved.INVALID_REPLY
        if not facts.reply[MESSAGE].strip():
            return NotSaved.EMPTY_MESSAGE
        if not isinstance(facts.field(MESSAGE), str):
            return NotSaved.NO_REQUEST_MESSAGE
        return _unsafe_text([facts.field(MESSAGE), {**facts.reply, CONVERSATION: ""}], contains_key)

    def _reason_not_to_save_failure(
        self, facts: ExchangeFacts, failure: Failure, contains_key: Callable[[str], bool]
    ) -> NotSaved | None:
        if not isinstance(facts.field(MESSAGE), str):
            return NotSaved.NO_REQUEST_MESSAGE
        asked = facts.classification.request_class
        if asked is RequestClass.MUST_REJECT or (asked is RequestClass.MAY_ACCEPT and failure.status == _REJECTED):
            return NotSaved.INVALID_REQUEST
        return _unsafe_text([facts.field(MESSAGE), failure.body, failure.retry_after], contains_key)


def failure_of(facts: ExchangeFacts) -> Failure | None:
    """Return the response if its status is one that a fixture replays: 422, 429 or 500 and above."""
    outcome = facts.exchange.outcome
    if not isinstance(outcome, Response) or outcome.status not in _FAILURES:
        return None
    body = None if facts.response_json is ABSENT else facts.response_json
    retry_after = find_header(outcome.headers, _RETRY_AFTER)
    is_served = retry_after is not None and can_send(_RETRY_AFTER, retry_after)
    return Failure(outcome.status, retry_after if is_served else None, body)


def _unsafe_text(value: Any, contains_key: Callable[[str], bool]) -> NotSaved | None:
    """Return why a text must not be saved, None if all can be."""
    texts = list(_texts(value))
    if any(_has_surrogate(text) for _, text in texts):
        return NotSaved.INVALID_TEXT
    if any(name in _TOKENS and text for (*_, name), text in texts):
        return NotSaved.CONTAINS_KEY
    # A service can distribute a key over the items of a list, and a fixture lists ids without the rest of the items.
    columns: dict[tuple[str, ...], list[str]] = {}
    for place, text in texts:
        columns.setdefault(place, []).append(text)
    together = ["\n".join(text for _, text in texts), *map("\n".join, columns.values())]
    return NotSaved.CONTAINS_KEY if any(map(contains_key, together)) else None


def _texts(value: Any, place: tuple[str, ...] = ("",)) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each text with the names of the properties that contain it."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield ("",), key
            yield from _texts(child, (*place, key.lower()))
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child, place)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


_KINDS = {
    PersonalData.EMAIL: "e-mail address",
    PersonalData.PHONE: "phone number",
    PersonalData.NAME: "name",
}

# Report ---------------------------------------------------------------------------------------------------------------

_REASONS = {
    NotSaved.NO_REPLY: "the status is not 200, 422, 429 or 5xx",
    NotSaved.INVALID_REQUEST: "the request is invalid, so the mock rejects it without a fixture",
    NotSaved.PREVIEW: "this is a preview",
    NotSaved.INVALID_REPLY: "the reply violates the contract",
    NotSaved.EMPTY_MESSAGE: "the message of the reply is empty",
    NotSaved.NO_REQUEST_MESSAGE: "the request has no message",
    NotSaved.INVALID_TEXT: "a text contains a lone surrogate, which UTF-8 cannot represent",
    NotSaved.CONTAINS_KEY: "a text contains the key",
    NotSaved.LONG_CREDENTIALS: f"its credentials are longer than {MAX_CREDENTIALS // 1024} KiB",
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


def masking_lines(recorded: Recorded) -> Iterator[str]:
    """Yield what was replaced. Only a preview has the values, because its reader decides on the masks."""
    if recorded.reason is NotSaved.PREVIEW:
        for masking in recorded.maskings:
            yield f'  masks {_KINDS[masking.kind]} "{masking.value}" as "{masking.pseudonym}"'
        return
    counts = Counter(masking.kind for masking in recorded.maskings)
    if counts:
        yield "  masked: " + ", ".join(count_of(counts[kind], _KINDS[kind]) for kind in PersonalData if counts[kind])


def _result(recorded: Recorded) -> str:
    saved = recorded.saved
    if recorded.reason is NotSaved.WAITS:
        return f"not saved yet: {recorded.error}. The recorder keeps it and saves it with the next conversation"
    if saved is None:
        return f"not saved: {recorded.error or _REASONS.get(recorded.reason or NotSaved.NO_FIXTURE, '')}"
    items = f", {saved.new_items} new item{'' if saved.new_items == 1 else 's'}" if saved.new_items else ""
    if saved.file is None:
        return f"already in the folder{items}"
    return f"saved in {saved.file.parent.name}/{saved.file.name}{items}"


def _notes(saved: Saved) -> Iterator[str]:
    if saved.earlier:
        yield f"  saved now: {count_of(saved.earlier, 'conversation')} that could not be saved before"
    for item_id in saved.changed_items:
        yield f"  item {item_id} differs from catalogue.yaml, which is not changed"
    if saved.file_changed is not None:
        changed = saved.file_changed
        yield f"  {changed.file.name} was changed by another program; continued in {changed.continued_in.name}"
