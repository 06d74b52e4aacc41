"""A client of the mock's control API, in the terms of a test: set replies and failures, verify the requests."""

from __future__ import annotations

import re
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack
from urllib.parse import urlencode, urlsplit

from chat_mock.control import ChatMockError, ControlApi
from chat_mock.received import ChatRequest, read_requests, read_rules, written
from kit_reports.visible import visible

_MAX_SHOWN = 300
_SECONDS_TO_WAIT = 5.0
_SECONDS_BETWEEN_LOOKS = 0.02
_MAX_LISTED = 20
_RULE_KEYS = {"to": "message"}
"""Keys of rules that have another name: the message of reply() is that of the reply."""
_FILTERS = {"conversation_id": "conversation", "user_id": "user", "session_id": "session"}
"""Filters of the control API that have another name."""
_SPACE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SPACE_EXPECTED = 'Expected 1 to 64 letters, digits, dots, "-" or "_", other than "." and "..".'

Delay = str | Mapping[str, str]


class Matching(TypedDict, total=False):
    """The requests to which a reply or failure applies; see the keys of rules in docs/reference/rules.md."""

    to: str | None
    """Text that the message of the request contains."""
    pattern: str | None
    turn: int | None
    conversation_id: str | None
    session_id: str | None
    user_id: str | None
    request_headers: Mapping[str, str] | None


class ReplyRule(Matching, total=False):
    """Further options of :meth:`ChatMock.reply`."""

    example: str | None
    conversation: str | None
    body: Any
    invalid: bool | None
    headers: Mapping[str, str] | None
    delay: Delay | None


class FailRule(Matching, total=False):
    """Further options of :meth:`ChatMock.fail`."""

    body: Any
    headers: Mapping[str, str] | None
    invalid: bool | None
    delay: Delay | None
    share: float | None


class Filters(TypedDict, total=False):
    """Which requests to find."""

    message: str | None
    body: str | None
    conversation_id: str | None
    session_id: str | None
    user_id: str | None
    method: str | None
    path: str | None
    status: int | str | None
    verdict: str | None


class ChatMock:
    """A running mock. ``url`` is the base URL to give to the client under test."""

    def __init__(self, url: str, *, space: str | None = None, token: str | None = None) -> None:
        """``url`` is the mock's base URL, such as ``http://127.0.0.1:4010/v1``; ``token`` its ``--control-token``.

        ``space`` is the name of a space of the mock, isolated from other spaces.
        """
        parts = urlsplit(url)
        if space is not None and (_SPACE.fullmatch(space) is None or space in {".", ".."}):
            raise ChatMockError(f"Invalid space name {space!a}. {_SPACE_EXPECTED}")
        prefix = "" if space is None else f"/_mock/spaces/{space}"
        self.url = f"{parts.scheme}://{parts.netloc}{prefix}{parts.path.rstrip('/')}"
        self._control = ControlApi(f"{parts.scheme}://{parts.netloc}{prefix}/_mock", token)
        self._violations_allowed = False
        self._nobody: socket.socket | None = None

    def reply(
        self,
        message: str | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
        *,
        times: int | None = 1,
        optional: bool = False,
        **more: Unpack[ReplyRule],
    ) -> None:
        """Set the next reply: a message and items, an example of the contract, or a conversation of the fixtures.

        ``times`` is the number of requests that get it; None means all. Several calls queue up. A reply that no
        request gets fails the test, unless it is ``optional``.
        """
        __tracebackhide__ = True
        fields = {"message": message, "items": None if items is None else list(items)}
        reply = {key: value for key, value in fields.items() if value is not None}
        self._add_rule("reply", {"reply": reply or None, "times": times, "optional": optional or None, **more})

    def fail(
        self,
        code: int | None = None,
        *,
        fault: str | None = None,
        times: int | None = 1,
        optional: bool = False,
        **more: Unpack[FailRule],
    ) -> None:
        """Make the next request fail: with a status, or with a fault such as ``drop`` or ``reset``.

        ``times`` and ``optional`` are those of :meth:`reply`.
        """
        __tracebackhide__ = True
        if code is None and fault is None:
            raise ChatMockError("fail() requires a code such as 429, or a fault such as 'drop'.")
        rule = {"code": code, "fault": fault, "times": times, "optional": optional or None, **more}
        self._add_rule("fail", rule)

    @property
    def requests(self) -> list[ChatRequest]:
        """The requests since the start of the test, oldest first."""
        __tracebackhide__ = True
        return self._requests({})

    @property
    def violations(self) -> list[ChatRequest]:
        """The requests that violate the contract."""
        __tracebackhide__ = True
        return self._requests({"verdict": "invalid"})

    def find(self, **filters: Unpack[Filters]) -> list[ChatRequest]:
        """Return the requests that pass all filters, oldest first.

        ``message`` and ``body`` are parts of the message or the body; ``status`` is a number or a class
        such as ``4xx``; ``verdict`` is ``valid`` or ``invalid``.
        """
        __tracebackhide__ = True
        return self._requests(filters)

    def assert_called(self, *, times: int | None = None, **filters: Unpack[Filters]) -> list[ChatRequest]:
        """Return the requests that pass the filters of :meth:`find`. Fail if their number is wrong.

        Raises :class:`AssertionError` unless there are exactly ``times``, or, without ``times``, at least one. The
        error lists the requests that were received.
        """
        __tracebackhide__ = True
        found = self._requests(filters)
        if (found and times is None) or len(found) == times:
            return found
        expected = "at least 1" if times is None else str(times)
        raise AssertionError(
            f"Expected {expected} of these requests{_shown(filters)}, got {len(found)}.{self._received()}"
        )

    def wait_for_request(self, *, timeout: float = _SECONDS_TO_WAIT, **filters: Unpack[Filters]) -> ChatRequest:
        """Return the last request that passes the filters of :meth:`find`; wait for one, ``timeout`` seconds at most.

        Raises :class:`AssertionError` if none arrives in time.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        while not (found := self._requests(filters)):
            if time.monotonic() > deadline:
                raise AssertionError(f"No request{_shown(filters)} arrived within {timeout:g} s.{self._received()}")
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        return found[-1]

    @property
    def dead_url(self) -> str:
        """A base URL at which connections are refused, as if the service did not run."""
        if self._nobody is None:
            # The port stays bound, so that no other program listens on it.
            self._nobody = socket.socket()
            self._nobody.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{self._nobody.getsockname()[1]}{urlsplit(self.url).path}"

    def _requests(self, filters: Mapping[str, Any]) -> list[ChatRequest]:
        __tracebackhide__ = True
        query = urlencode({_FILTERS.get(name, name): value for name, value in filters.items() if value is not None})
        dropped, requests = self._control.get(f"/requests?{query}", read_requests)
        if dropped:
            raise ChatMockError(
                f"The mock dropped {dropped} requests of this test from its journal. "
                "Raise --max-requests-kept, or send fewer or smaller requests."
            )
        return requests

    def _received(self) -> str:
        requests = self._requests({})
        listed = "".join(f"\n  {request}" for request in requests[-_MAX_LISTED:])
        return f"\nRequests received: {len(requests)}{listed}"

    def allow_violations(self) -> None:
        """Let this test send requests that violate the contract. Otherwise they fail the test."""
        self._violations_allowed = True

    def reset(self) -> None:
        """Delete conversations, journal and rules."""
        self._control.post("/reset")
        self._violations_allowed = False

    def failure_message(self) -> str:
        """Return why the test fails, an empty string if it does not."""
        return "\n".join(filter(None, (self._violation_message(), self._unused_message())))

    def _unused_message(self) -> str:
        unused = self._control.get("/behaviour/unused", read_rules)
        if not unused:
            return ""
        listed = "\n".join(f"  {_unused_text(rule)}" for rule in unused)
        return (
            f"No request used these replies and failures:\n{listed}\n"
            "  For one that may stay unused, pass optional=True."
        )

    def _violation_message(self) -> str:
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
        """Release the port of :attr:`dead_url`."""
        if self._nobody is not None:
            self._nobody.close()

    def _add_rule(self, verb: str, rule: Mapping[str, Any]) -> None:
        __tracebackhide__ = True
        given = {_RULE_KEYS.get(key, key): value for key, value in rule.items() if value is not None}
        self._control.post("/behaviour", {**given, "name": f"{verb}() at {_place_of_caller()}"})


def _unused_text(rule: Mapping[str, Any]) -> str:
    content = {key: value for key, value in rule.items() if key not in {"name", "times"}}
    return visible(f"{rule.get('name', 'a rule')}: {written(content)[:_MAX_SHOWN]}")


def _place_of_caller() -> str:
    """Return file and line of the first caller outside of this module."""
    frame = sys._getframe()  # noqa: SLF001 - inspect.stack() reads the source of every caller
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _shown(filters: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in filters.items() if value is not None)
    return f" with {given}" if given else ""
