"""Gets tokens from a command. It runs again before a token expires and after the server refuses one."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

from chat_contract.errors import KitError
from chat_contract.exchange import Headers

SECONDS = 60.0
"""How long the command may take."""

_EARLY_SECONDS = 30.0
"""How long before its expiry a token is replaced."""

_LONGEST = 16 * 1024


class TokenCommandError(KitError):
    """The command gives no token. The message never shows its output, which may hold a part of one."""


class TokenCommand:
    """Runs a shell command for tokens. Thread-safe.

    Its output is the token, or a JSON object with ``access_token`` and perhaps ``expires_in`` in seconds, as OAuth
    servers return it. The expiry of a JWT is read from the token.
    """

    def __init__(self, command: str, option: str = "--token-command", now: Callable[[], float] = time.time) -> None:
        self.command = command
        self.tokens: list[str] = []
        """Every token so far, for redaction."""
        self._option = option
        self._now = now
        self._until = float("inf")
        self._refused = False
        self._lock = threading.Lock()

    def token(self) -> str:
        """Return a token that has not expired."""
        with self._lock:
            if not self.tokens or self._now() > self._until - _EARLY_SECONDS:
                self._renew()
            return self.tokens[-1]

    def headers(self) -> Headers:
        """Return the header with the current token."""
        return (("Authorization", f"Bearer {self.token()}"),)

    @property
    def all_headers(self) -> Headers:
        """The headers with every token so far."""
        return tuple(("Authorization", f"Bearer {token}") for token in self.tokens)

    def renew(self, refused: str) -> bool:
        """Return whether there is a token other than the one that got 401.

        If the server refuses a new token too, the command is not run again until a request succeeds.
        """
        with self._lock:
            if self.tokens[-1] != refused:
                return True
            if self._refused:
                return False
            self._refused = True
            self._renew()
            return self.tokens[-1] != refused

    def note_accepted(self) -> None:
        """Record that the server accepted a token."""
        self._refused = False

    def _renew(self) -> None:
        try:
            ended = subprocess.run(  # noqa: S602 - the user wrote the command for a shell
                self.command, shell=True, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise TokenCommandError(f"{self._option}: the command did not end within {SECONDS:g} s.") from None
        if ended.returncode:
            raise TokenCommandError(
                f"{self._option}: the command failed with exit code {ended.returncode}. Run it in a shell to see why."
            )
        token, seconds = _read(ended.stdout)
        if not token or len(token) > _LONGEST or not token.isascii() or not token.isprintable() or " " in token:
            raise TokenCommandError(
                f"{self._option}: the output is not a token. "
                "Expected one line with the token, or a JSON object with access_token."
            )
        if token not in self.tokens[-1:]:
            self.tokens.append(token)
        self._until = _expiry(token) if seconds is None else self._now() + seconds


def _read(output: bytes) -> tuple[str, float | None]:
    """Return the token and its life in seconds."""
    text = output.decode("utf-8", "replace").strip()
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text, None
    if not isinstance(value, dict):
        return text, None
    token, seconds = value.get("access_token"), value.get("expires_in")
    known = float(seconds) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None
    return (token if isinstance(token, str) else ""), known


def _expiry(token: str) -> float:
    """Return the ``exp`` of a JWT in Unix seconds; infinity for any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return float("inf")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
