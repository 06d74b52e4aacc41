"""The mock of ``chat-contract mcp``: at most one, in a process of its own, which ends with the server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from chat_contract.errors import UsageError
from chat_mock.server import Server, ServerError
from kit_cli.mcp_tools.bounds import Bounds
from kit_cli.mcp_tools.results import Journal, JournalEntry, MockAddress, RulesInForce, Stopped

MOST_ENTRIES = 100
LONGEST_BODY = 4_000
_SECONDS = 60.0


class MockHandle:
    """Starts, steers and stops the mock. Thread-safe."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._lock = threading.Lock()
        self._server: Server | None = None

    def start(self, fixtures: str | None, options: Sequence[str]) -> MockAddress:
        """Start the mock; raises :class:`UsageError` if one runs already or the options are wrong."""
        if fixtures is not None:
            self._bounds.check_file(fixtures)
            options = (*options, "--fixtures", fixtures)
        with self._lock:
            if self._server is not None:
                raise UsageError(f"a mock already runs at {self._server.base_url}. Stop it with stop_mock first.")
            try:
                self._server = Server.start(options)
            except ServerError as error:
                raise UsageError(str(error)) from None
            return MockAddress(self._server.base_url, f"{_control(self._server)}/")

    def stop(self) -> Stopped:
        """Stop the mock, if one runs."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()
        return Stopped(server is not None)

    def set_rules(self, rules: Sequence[Mapping[str, Any]]) -> RulesInForce:
        """Replace the rules."""
        answer = self._call("PUT", "/behaviour", json={"rules": list(rules)})
        return RulesInForce(len(answer["rules"]))

    def journal(self, last: int, filters: Mapping[str, str]) -> Journal:
        """Return the last entries that pass the filters."""
        entries = self._call("GET", "/requests", params=filters)["requests"]
        kept = entries[-min(max(last, 1), MOST_ENTRIES) :]
        return Journal([_entry(entry) for entry in kept], len(entries) - len(kept))

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        server = self._server
        if server is None:
            raise UsageError("no mock is running. Start one with start_mock.")
        try:
            with httpx.Client(trust_env=False, timeout=_SECONDS) as client:
                answer = client.request(method, f"{_control(server)}{path}", **arguments)
        except (ValueError, RecursionError):
            raise UsageError("an argument contains a value that JSON in UTF-8 cannot express.") from None
        except httpx.HTTPError:
            raise UsageError("the mock does not respond. Call stop_mock, then start_mock.") from None
        if answer.is_error:
            raise UsageError(f"the mock responded with {answer.status_code}: {answer.text[:LONGEST_BODY]}")
        return answer.json()


def _control(server: Server) -> str:
    return server.base_url.removesuffix("/v1") + "/_mock"


def _entry(entry: Mapping[str, Any]) -> JournalEntry:
    verdict = entry["verdict"]
    valid = {True: "valid", False: "invalid", None: "unknown"}[verdict["keeps_contract"]]
    return JournalEntry(
        number=entry["number"],
        method=entry["method"],
        path=entry["path"],
        status=entry["status"],
        verdict=valid,
        source=entry["why"]["text"],
        request_body=_short((entry.get("request") or {}).get("body")),
        response_body=_short((entry.get("response") or {}).get("body")),
        errors=[f"{fault['pointer']}: {fault['text']}" for fault in verdict["faults"]],
    )


def _short(body: object) -> str:
    text = "" if body is None else str(body)
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}…"
