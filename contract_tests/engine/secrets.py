"""Keeps the run's credentials out of everything that is written, and names them so that a command still works."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from chat_contract.interactions import Headers
from contract_tests.engine.planning.credentials import half_of

VARIABLE = "CHAT_API_KEY"

_CREDENTIAL_HEADERS = frozenset({"authorization", "x-api-key", "proxy-authorization", "cookie"})
_SHORTEST_HALVED = 7
_SHORTEST_ANYWHERE = 6
"""A shorter key is hidden only where it stands as a word: as a part of words it is everywhere."""
_IS_WHOLE = re.compile(r"\$\{\w+\}\Z")
_SCHEMES = ("bearer ", "basic ", "token ")


@dataclass(frozen=True)
class Secrets:
    """What must not be written, with the shell expression that stands for it; the longest first."""

    replacements: tuple[tuple[str, str], ...] = ()

    def hide(self, text: str) -> str:
        """Replace every secret in the text by the expression that stands for it."""
        for secret, expression in self.replacements:
            if len(secret) < _SHORTEST_ANYWHERE:
                as_a_word = rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])"
                text = re.sub(as_a_word, expression.replace("\\", "\\\\"), text)
            else:
                text = text.replace(secret, expression)
        return text

    def hide_bytes(self, body: bytes) -> bytes:
        """Replace every secret in bytes that may be no text."""
        return self.hide(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def leaked(self, text: str) -> bool:
        """Say whether a text holds a key whole, as it is or as JSON, HTML, a URL or base64 write it."""
        keys = [secret for secret, expression in self.replacements if _IS_WHOLE.match(expression)]
        forms = {form for key in keys if len(key) >= _SHORTEST_ANYWHERE for form in _written(key)}
        return any(form in text for form in forms)

    def in_text(self, text: str) -> bool:
        return any(secret in text for secret, _ in self.replacements)


def is_credential(name: str) -> bool:
    """Say whether a header of that name carries a secret."""
    lowered = name.lower()
    return lowered in _CREDENTIAL_HEADERS or any(word in lowered for word in ("key", "token", "secret", "auth"))


def key_in(headers: Headers) -> str | None:
    """Return the key that the headers carry, without its scheme; None where they carry none."""
    for name, value in headers:
        if is_credential(name):
            return _bare(value)
    return None


def secrets_of(headers: Headers) -> Secrets:
    """Find the secrets in the headers that a user gave, and those that the suite makes of them."""
    keys = [_bare(value) for name, value in headers if is_credential(name) and _bare(value)]
    return Secrets(tuple(_unique(pair for number, key in enumerate(keys) for pair in _forms(key, number))))


def _written(key: str) -> Iterable[str]:
    yield key
    yield json.dumps(key)[1:-1]
    yield html.escape(key)
    yield quote(key, safe="")
    yield base64.b64encode(key.encode()).decode().rstrip("=")


def _forms(key: str, number: int) -> Iterable[tuple[str, str]]:
    variable = VARIABLE if number == 0 else f"{VARIABLE}_{number + 1}"
    yield key, f"${{{variable}}}"
    yield key.swapcase(), f'$(printf %s "${variable}" | tr A-Za-z a-zA-Z)'
    if len(key) > 1:
        yield key[:-1], f"${{{variable}%?}}"
    if len(key) > _SHORTEST_HALVED:
        yield half_of(key), f'$(printf %.{len(half_of(key))}s "${variable}")'


def _unique(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: dict[str, str] = {}
    for secret, expression in pairs:
        kept.setdefault(secret, expression)
    return sorted(kept.items(), key=lambda pair: -len(pair[0]))


def _bare(value: str) -> str:
    lowered = value.lower()
    for scheme in _SCHEMES:
        if lowered.startswith(scheme):
            return value[len(scheme) :].strip()
    return value.strip()
