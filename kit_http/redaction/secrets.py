"""Replace credentials in everything that the kit writes, with shell expressions that keep commands runnable."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from chat_contract.exchange import Headers
from kit_http.redaction.encodings import SHORTEST, EncodedSecrets, encoded_secrets
from kit_http.redaction.escapes import unescape

VARIABLE = "CHAT_API_KEY"
MASK = f"${{{VARIABLE}}}"
PROXY_PASSWORD = "CHAT_PROXY_PASSWORD"  # noqa: S105 - the name of the variable

_KEY = rf"{VARIABLE}(?:_[0-9]{{1,3}})?"
EXPRESSION = re.compile(
    rf"\$\{{(?:{_KEY}(?:%\?)?|{PROXY_PASSWORD})\}}"
    rf'|\$\(printf (?:%s "\${_KEY}" \| tr A-Za-z a-zA-Z|%\.[0-9]{{1,6}}s "\${_KEY}")\)'
)
"""The shell expressions that stand for secrets."""

_CREDENTIAL_HEADERS = frozenset({"cookie", "set-cookie"})
_CREDENTIAL_WORDS = ("key", "token", "secret", "auth", "passw", "credential", "signature", "jwt")
_SHORTEST_HALVED = 7
_SHORTEST_ANYWHERE = 6
"""A shorter key is replaced only as a whole word, because it may be a part of many words."""
_SHORTEST_PART = 8
_SHORTEST_BEGINNING = 8
_SHORTEST_COOKIE = 12
_IS_WHOLE = re.compile(r"\$\{\w+\}\Z")
_SCHEMES = ("bearer ", "basic ", "token ")


@dataclass(frozen=True)
class Secrets:
    """Texts that must not be written, each with the shell expression that replaces it; the longest first.

    Re-encoded secrets are found too: :mod:`kit_http.redaction.encodings` lists how.
    """

    replacements: tuple[tuple[str, str], ...] = ()

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """The secrets themselves, without their variants."""
        return tuple(secret for secret, expression in self.replacements if _IS_WHOLE.match(expression))

    @property
    def encoded(self) -> EncodedSecrets:
        """The search for re-encoded secrets."""
        return encoded_secrets(self.whole)

    def hide(self, text: str) -> str:
        """Replace every secret in the text with its shell expression, and every re-encoded one with a mask."""
        for secret, expression in self.replacements:
            text = _replaced(text, secret, expression)
        return self._masked(text)

    def masked(self, text: str) -> str:
        """Replace every secret with a mask of the same length, so that byte counts stay true."""
        for secret, _ in self.replacements:
            text = _replaced(text, secret, MASK.ljust(len(secret), "*")[: len(secret)])
        return self._masked(text)

    def masked_bytes(self, body: bytes) -> bytes:
        """Mask every secret in bytes, which may be binary data."""
        text = body.decode("utf-8", "surrogateescape")
        for secret, _ in self.replacements:
            text = _replaced(text, secret, MASK.ljust(len(secret), "*")[: len(secret)])
        return self.encoded.masked_bytes(text.encode("utf-8", "surrogateescape"), MASK)

    def leaked(self, text: str) -> bool:
        """Return whether a text contains a secret or a long part of one, whatever its encoding.

        A secret of fewer than six characters may be a part of many texts and does not count.
        """
        plain = any(secret in text for secret in self.whole if len(secret) >= _SHORTEST_ANYWHERE)
        return plain or self.encoded.found_in(text)

    def contained_in(self, text: str) -> bool:
        """Return whether a text contains a secret; a short one counts as a whole word, whatever its case."""
        if self.leaked(text):
            return True
        short = [secret.lower() for secret in self.whole if len(secret) < SHORTEST]
        plain = unescape(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace").lower() if short else ""
        return any(_as_word(secret).search(plain) for secret in short)

    def in_text(self, text: str) -> bool:
        """Return whether :meth:`hide` would put a shell expression into the text."""
        return any(secret in text for secret, _ in self.replacements)

    def _masked(self, text: str) -> str:
        return self.encoded.masked(self._without_beginning(text), MASK)

    def _without_beginning(self, text: str) -> str:
        """Mask the beginning of a secret at the end of a text that was cut off."""
        end = len(text.removesuffix("…"))
        for secret in self.whole:
            for length in range(min(end, len(secret) - 1), _SHORTEST_BEGINNING - 1, -1):
                if text.startswith(secret[:length], end - length):
                    return text[: end - length] + MASK.ljust(length, "*")[:length] + text[end:]
        return text


def is_credential(name: str) -> bool:
    """Return whether a header with this name carries a secret."""
    lowered = name.lower()
    return lowered in _CREDENTIAL_HEADERS or any(word in lowered for word in _CREDENTIAL_WORDS)


def key_in(headers: Headers) -> str | None:
    """Return the key in the headers, without its scheme; None without a credential header."""
    for name, value in headers:
        if is_credential(name):
            return _bare(value)
    return None


def secrets_of(headers: Headers, proxy: str | None = None) -> Secrets:
    """Return the secrets in request headers and in a proxy URL, and the wrong keys that the verifier makes of them."""
    keys = [_bare(value) for name, value in headers if is_credential(name) and _bare(value)]
    pairs = [pair for number, key in enumerate(keys) for pair in _forms(key, number)]
    pairs += [(part, MASK) for name, value in headers if is_credential(name) for part in _parts(value)]
    pairs += [(written, f"${{{PROXY_PASSWORD}}}") for written in _password_of(proxy)]
    return Secrets(tuple(_unique(pairs)))


def credentials_in_query(query: str) -> Headers:
    """Return the credentials in the query of a URL, as headers."""
    return tuple((name, value) for name, value in parse_qsl(query) if is_credential(name))


def cookies_set_by(headers: Headers) -> Headers:
    """Return the cookies that a response sets, as headers of requests. A short value is a setting, not a secret."""
    set_cookies = (value.partition(";")[0].strip() for name, value in headers if name.lower() == "set-cookie")
    return tuple(("Cookie", pair) for pair in set_cookies if len(pair.partition("=")[2]) >= _SHORTEST_COOKIE)


def _password_of(url: str | None) -> Iterable[str]:
    """Yield the password in a URL, percent-encoded and decoded."""
    password = urlsplit(url).password if url else None
    if password:
        yield password
        yield unquote(password)


def _parts(value: str) -> Iterable[str]:
    """Yield the secrets inside a credential: the values of cookies, the user name and password of Basic."""
    values = (pair.partition("=")[2].strip() for pair in value.split(";"))
    yield from (value for value in values if len(value) >= _SHORTEST_PART)
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(encoded).decode("utf-8").partition(":")
        except ValueError:
            return
        yield f"{user}:{password}"
        yield password


def half_of(key: str) -> str:
    """Return the first half of a key, rounded up."""
    return key[: (len(key) + 1) // 2]


def _forms(key: str, number: int) -> Iterable[tuple[str, str]]:
    variable = VARIABLE if number == 0 else f"{VARIABLE}_{number + 1}"
    yield key, f"${{{variable}}}"
    yield key.swapcase(), f'$(printf %s "${variable}" | tr A-Za-z a-zA-Z)'
    if len(key) > 1:
        yield key[:-1], f"${{{variable}%?}}"
    if len(key) > _SHORTEST_HALVED:
        yield half_of(key), f'$(printf %.{len(half_of(key))}s "${variable}")'


def _replaced(text: str, secret: str, expression: str) -> str:
    if len(secret) >= _SHORTEST_ANYWHERE:
        return text.replace(secret, expression)
    return _as_word(secret).sub(expression.replace("\\", "\\\\"), text)


@lru_cache(maxsize=64)
def _as_word(secret: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])")


def _unique(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: dict[str, str] = {}
    for secret, expression in pairs:
        if secret:
            kept.setdefault(secret, expression)
    return sorted(kept.items(), key=lambda pair: -len(pair[0]))


def _bare(value: str) -> str:
    lowered = value.lower()
    for scheme in _SCHEMES:
        if lowered.startswith(scheme):
            return value[len(scheme) :].strip()
    return value.strip()
