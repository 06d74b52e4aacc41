"""A client of the mock's control API, in the terms of a test: set replies and failures, read the requests."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 30.0
_MAX_SHOWN = 300

Delay = str | Mapping[str, str]


class ChatMockError(Exception):
    """The mock rejected a rule. The text says what is valid."""


@dataclass(frozen=True)
class Fault:
    """A place of a request body that violates the contract. ``pointer`` is a JSON Pointer."""

    pointer: str
    keyword: str
    text: str


@dataclass(frozen=True)
class ChatRequest:
    """A request that the mock received, with the status of its response and the contract's verdict."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    status: int
    faults: tuple[Fault, ...]
    reason: str
    """Why the request violates the contract, if not because of faults of its body; else empty."""
    source: str
    """Where the response comes from, for example ``conversation``, ``search`` or ``rule``."""
    keeps_contract: bool | None
    """Whether the request conforms to the contract; None if that is unknown."""

    @classmethod
    def from_journal(cls, entry: Mapping[str, Any]) -> ChatRequest:
        """Read an entry of the journal."""
        verdict = entry["verdict"]
        return cls(
            number=entry["number"],
            method=entry["method"],
            path=entry["path"],
            headers=entry["request"]["headers"],
            body=entry["request"]["body"],
            status=entry["status"],
            faults=tuple(Fault(fault["pointer"], fault["keyword"], fault["text"]) for fault in verdict["faults"]),
            reason=verdict["text"] or "",
            source=entry["why"]["source"],
            keeps_contract=verdict["keeps_contract"],
        )

    def __str__(self) -> str:
        """Return the request on a few lines, as a failing test shows it."""
        sent = json.dumps(self.body, ensure_ascii=False)
        shown = sent if len(sent) <= _MAX_SHOWN else f"{sent[:_MAX_SHOWN]}…"
        problems = [fault.text for fault in self.faults] or [self.reason]
        listed = "".join(f"\n    {problem}" for problem in problems if problem)
        return f"{self.method} {self.path} (status {self.status}){listed}\n    body: {shown}"


class ChatMock:
    """A running mock. ``url`` is the base URL to give to the client under test."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        """``token`` is the mock's ``--control-token``."""
        self.url = url.rstrip("/")
        parts = urlsplit(url)
        self._control = f"{parts.scheme}://{parts.netloc}/_mock"
        self._headers = {} if token is None else {"X-Mock-Token": token}
        # The mock is local: ignore proxies of the environment.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._violations_allowed = False

    def reply(
        self,
        message: str | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
        *,
        example: str | None = None,
        conversation: str | None = None,
        delay: Delay | None = None,
        times: int | None = 1,
        conversation_id: str | None = None,
        user_id: str | None = None,
    ) -> None:
        """Set the next reply: a message and items, an example of the contract, or a conversation of the fixtures.

        ``times`` is the number of requests that get it; None means all. Several calls queue up.
        """
        fields = {"message": message, "items": None if items is None else list(items)}
        reply = {key: value for key, value in fields.items() if value is not None}
        self._add_rule(
            reply=reply or None,
            example=example,
            conversation=conversation,
            delay=delay,
            times=times,
            conversation_id=conversation_id,
            user_id=user_id,
        )

    def fail(
        self,
        code: int | None = None,
        *,
        fault: str | None = None,
        delay: Delay | None = None,
        times: int | None = 1,
        share: float | None = None,
        conversation_id: str | None = None,
        user_id: str | None = None,
    ) -> None:
        """Make the next request fail: with a status, or with a fault (drop, truncate, malformed, slow, empty)."""
        if code is None and fault is None:
            raise ChatMockError("fail() requires a code such as 429, or a fault such as 'drop'.")
        self._add_rule(
            code=code,
            fault=fault,
            delay=delay,
            times=times,
            share=share,
            conversation_id=conversation_id,
            user_id=user_id,
        )

    @property
    def requests(self) -> list[ChatRequest]:
        """The requests since the start of the test, oldest first."""
        return [ChatRequest.from_journal(entry) for entry in self._call("GET", "/requests")["requests"]]

    @property
    def violations(self) -> list[ChatRequest]:
        """The requests that violate the contract."""
        return [request for request in self.requests if request.keeps_contract is False]

    def allow_violations(self) -> None:
        """Let this test send requests that violate the contract. Otherwise they fail the test."""
        self._violations_allowed = True

    def reset(self) -> None:
        """Delete conversations, journal and rules."""
        self._call("POST", "/reset")
        self._violations_allowed = False

    def failure_message(self) -> str:
        """Return why the test fails, an empty string if it does not."""
        violations = [] if self._violations_allowed else self.violations
        if not violations:
            return ""
        listed = "\n".join(f"  {request}" for request in violations)
        count = f"{len(violations)} request{'s' if len(violations) > 1 else ''}"
        return (
            f"The client sent {count} in violation of the contract:\n{listed}\n"
            "  If the test does this on purpose, call chat_mock.allow_violations()."
        )

    def close(self) -> None:
        """Close connections."""
        self._opener.close()

    def _add_rule(self, **rule: Any) -> None:
        self._call("POST", "/behaviour", {key: value for key, value in rule.items() if value is not None})

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the mock's own address
            self._control + path, data, {"Content-Type": "application/json", **self._headers}, method=method
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise ChatMockError(_detail(error.read())) from None
        return json.loads(text) if text else None


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")
