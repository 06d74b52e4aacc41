"""Tells a running mock what to do, and reads what it was asked: the control API in the words of a test."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 30.0
_SHOWN = 300

Delay = str | Mapping[str, str]


class ChatMockError(Exception):
    """The mock cannot do what it was told; the text says what it can do."""


@dataclass(frozen=True)
class ChatRequest:
    """A request that the mock was sent, with the status of its answer and what of it breaks the contract."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    status: int
    faults: tuple[str, ...]
    why: Mapping[str, Any]
    keeps_contract: bool | None

    @classmethod
    def from_journal(cls, entry: Mapping[str, Any]) -> ChatRequest:
        """Read an entry of the journal."""
        return cls(
            number=entry["number"],
            method=entry["method"],
            path=entry["path"],
            headers=entry["request"]["headers"],
            body=entry["request"]["body"],
            status=entry["status"],
            faults=tuple(entry["verdict"]["faults"]),
            why=entry["why"],
            keeps_contract=entry["verdict"]["keeps_contract"],
        )

    def __str__(self) -> str:
        sent = json.dumps(self.body, ensure_ascii=False)
        shown = sent if len(sent) <= _SHOWN else f"{sent[:_SHOWN]}…"
        faults = "".join(f"\n    {fault}" for fault in self.faults)
        return f"{self.method} {self.path}, answered with {self.status}{faults}\n    sent: {shown}"


class ChatMock:
    """A running mock. ``url`` is what the client under test takes for the service's base URL."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(url)
        self._control = f"{parts.scheme}://{parts.netloc}/_mock"
        self._headers = {} if token is None else {"X-Mock-Token": token}
        # A proxy of the environment leads away from this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._allowed = False

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
        """Set what is said next: a message and items, an example of the contract, or a written conversation.

        It holds for one request; ``times`` says for how many, None for all that come. Several calls queue up.
        """
        said = {"message": message, "items": None if items is None else list(items)}
        reply = {key: value for key, value in said.items() if value is not None}
        self._add(
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
        """Let the next request fail: with a status, or by a fault (drop, truncate, malformed, slow, empty)."""
        if code is None and fault is None:
            raise ChatMockError("say how to fail: by a code such as 429, or by a fault such as 'drop'")
        self._add(
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
        """What the mock was asked since the test began, oldest first."""
        return [ChatRequest.from_journal(entry) for entry in self._call("GET", "/requests")["requests"]]

    @property
    def violations(self) -> list[ChatRequest]:
        """Those of the requests that break the contract."""
        return [request for request in self.requests if request.keeps_contract is False]

    def allow_violations(self) -> None:
        """Let this test send what breaks the contract; otherwise that fails it."""
        self._allowed = True

    def reset(self) -> None:
        """Forget conversations, requests and everything that was set."""
        self._call("POST", "/reset")
        self._allowed = False

    def complaint(self) -> str:
        """Return why the test is to fail; nothing if it is not."""
        broken = [] if self._allowed else self.violations
        if not broken:
            return ""
        shown = "\n".join(f"  {request}" for request in broken)
        return (
            f"the client sent {len(broken)} request{'s' if len(broken) > 1 else ''} that the contract does not allow:\n"
            f"{shown}\n  chat_mock.allow_violations() lets a test do that on purpose"
        )

    def close(self) -> None:
        """Let go of connections."""
        self._opener.close()

    def _add(self, **rule: Any) -> None:
        self._call("POST", "/behaviour", {key: value for key, value in rule.items() if value is not None})

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the mock's own address
            self._control + path, data, {"Content-Type": "application/json", **self._headers}, method=method
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise ChatMockError(_detail(error.read())) from None
        return json.loads(text) if text else None


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")
