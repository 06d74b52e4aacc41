"""What becomes of one exchange that passed by: it is judged, kept where it can be replayed, and told of in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

from chat_contract import Contract, Exchange, History, KitError, Violation
from chat_contract.conformance import examine, find_violations, update_history
from chat_contract.exchange import Headers
from chat_contract.roles import CONVERSATION, MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts
from mock_server.recorder.folder import Folder, Kept
from mock_server.recorder.grouping import Talks


@dataclass(frozen=True)
class Noted:
    """One exchange as told: what it broke, where it was kept, or why it was not."""

    exchange: Exchange
    seconds: float
    violations: tuple[Violation, ...]
    kept: Kept | None
    why_not: str = ""

    def lines(self) -> Iterator[str]:
        """Yield a line on what came, and one for each violation and each note."""
        request, outcome = self.exchange.request, self.exchange.outcome
        status = getattr(outcome, "status", None) or getattr(outcome, "kind", "")
        yield f"{request.method} {request.path}: {status} in {self.seconds:.2f} s; {self._kept()}"
        for violation in self.violations:
            yield f"  {'breaks' if violation.level == 'must' else 'warning'} {violation.message}"
        for note in self.kept.notes if self.kept is not None else ():
            yield f"  {note}"

    def _kept(self) -> str:
        if self.kept is None:
            return f"not kept: {self.why_not}"
        items = f", {self.kept.new_items} new items" if self.kept.new_items else ""
        if self.kept.file is None:
            return f"known already{items}"
        return f"kept in {self.kept.file.parent.name}/{self.kept.file.name}{items}"


class Recording:
    """Takes in exchanges as they pass by. Safe to use from many threads at once."""

    def __init__(
        self,
        contract: Contract,
        folder: Folder,
        *,
        say: Callable[[str], None],
        secrets: Callable[[Headers], Callable[[str], bool]],
    ) -> None:
        """``say`` gets each line; ``secrets`` makes of headers what tells whether a text holds the key in them."""
        self._contract = contract
        self._folder = folder
        self._say = say
        self._secrets = secrets
        self._history = History()
        self._talks = Talks()
        self._lock = Lock()

    def take(self, exchange: Exchange, seconds: float) -> Noted:
        """Judge and keep one exchange; what cannot be kept is told of and harms nothing."""
        with self._lock:
            facts = examine(self._contract, exchange, self._history)
            found = tuple(violation for violation in find_violations(facts) if violation.level != "observed")
            update_history(self._history, facts)
            holds_key = self._secrets(exchange.request.headers)
            noted = self._noted(facts, seconds, found, self._why_not(facts, holds_key))
            for line in noted.lines():
                self._say("  (a line that held the key)" if holds_key(line) else line)
            return noted

    def _noted(self, facts: ExchangeFacts, seconds: float, found: tuple[Violation, ...], why_not: str) -> Noted:
        if why_not:
            return Noted(facts.exchange, seconds, found, None, why_not)
        try:
            kept = self._folder.keep(self._talks.hear(facts.body, facts.reply or {}))
        except KitError as error:
            return Noted(facts.exchange, seconds, found, None, str(error))
        return Noted(facts.exchange, seconds, found, kept)

    def _why_not(self, facts: ExchangeFacts, holds_key: Callable[[str], bool]) -> str:
        """Say why an exchange cannot be replayed; an empty string where it can."""
        if facts.reply is None:
            return "no reply to a turn"
        if not self._contract.response_validators[200].is_valid(facts.reply) or not facts.reply_id:
            return "the contract does not allow this reply"
        if not facts.reply[MESSAGE].strip():
            return "the reply says nothing"
        if not isinstance(facts.field(MESSAGE), str):
            return "the request has no message"
        texts = list(_texts([facts.field(MESSAGE), {**facts.reply, CONVERSATION: ""}]))
        if any(_has_surrogate(text) for text in texts):
            return "it holds half of a character, which no file can hold"
        if any(holds_key(text) for text in texts):
            return "it holds the key"
        return ""


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
    return any("\ud800" <= sign <= "\udfff" for sign in text)
