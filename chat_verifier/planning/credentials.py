"""Requests without a key or with a wrong one, for servers that require a key."""

from __future__ import annotations

from typing import NamedTuple

from chat_contract.exchange import Credential, Headers
from chat_contract.roles import CONVERSATION
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, kebab, single
from chat_verifier.planning.encoding import ISSUED, JSON_HEADERS
from chat_verifier.planning.request_builder import RequestBuilder
from kit_http.redaction.secrets import half_of

_SPOOFED: Headers = (
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("Forwarded", "for=127.0.0.1"),
    ("X-Forwarded-Host", "localhost"),
    ("X-Original-URL", "/health"),
)


class _Attempt(NamedTuple):
    """What is sent instead of the key."""

    credential: Credential
    id: str
    label: str
    headers: Headers = ()

    def case(self, builder: RequestBuilder) -> Case:
        return Case(
            f"credentials-{self.id}",
            f"credentials: {self.label}",
            builder.request(),
            headers=(*JSON_HEADERS, *self.headers),
            credential=self.credential,
        )


def sequences(builder: RequestBuilder, key: str) -> list[CaseSequence]:
    """Return the requests; the wrong keys are derived from the right ``key``."""
    attempts = _attempts(key)
    without_key = builder.request(**{CONVERSATION: ISSUED})
    label = "credentials: none, in a conversation that was started with the key"
    inside = CaseSequence(
        "credentials-none-in-conversation",
        Group.CREDENTIALS,
        (
            Case("opening", "first turn of a conversation", builder.request()),
            Case("credentials-none-in-conversation", label, without_key, credential="missing"),
        ),
        priority=Priority.HIGH,
    )
    kinds = [attempt.credential for attempt in attempts]
    return [
        inside,
        *(
            single(
                attempt.case(builder),
                Group.CREDENTIALS,
                # The first attempt of each kind is essential.
                priority=Priority.HIGH if attempt.credential in kinds[:number] else Priority.ESSENTIAL,
            )
            for number, attempt in enumerate(attempts)
        ),
    ]


def fewest(builder: RequestBuilder, key: str) -> list[CaseSequence]:
    """Return the attempts of a small plan: all spoofed headers at once, each wrong key in both headers."""

    def both(name: str, label: str, credential: Credential, value: str) -> _Attempt:
        headers = (("Authorization", f"Bearer {value}"), ("X-API-Key", value))
        return _Attempt(credential, f"{name}-in-both-headers", f"{label} in both headers", headers)

    attempts = [
        _Attempt("missing", "none", "none"),
        _Attempt("spoofed", "none-with-headers-of-a-proxy", "none, with headers of a proxy", _SPOOFED),
        both("a-wrong-key", "a wrong key", "wrong", "wrong-key"),
        both("the-key-without-its-last-character", "the key without its last character", "wrong", key[:-1]),
        both("the-key-with-one-more-character", "the key with one more character", "wrong", f"{key}x"),
        *(
            [both("the-key-in-the-other-case", "the key with upper and lower case swapped", "wrong", key.swapcase())]
            if key.swapcase() != key
            else []
        ),
        both("an-empty-key", "an empty key", "malformed", ""),
        _authorization(
            "malformed", "the-key-with-another-scheme", "the key with another authentication scheme", f"Basic {key}"
        ),
        _authorization("malformed", "the-key-without-a-scheme", "the key without a scheme", key),
    ]
    return [single(attempt.case(builder), Group.CREDENTIALS, priority=Priority.ESSENTIAL) for attempt in attempts]


def _attempts(key: str) -> list[_Attempt]:
    """Return everything that is sent instead of the key, each alone."""
    attempts = [
        _Attempt("missing", "none", "none"),
        *(
            _Attempt("spoofed", kebab("none-with", name, value), f"none, with {name}: {value}", ((name, value),))
            for name, value in _SPOOFED
        ),
        _authorization("wrong", "a-wrong-bearer-key", "a wrong Bearer key", "Bearer wrong-key"),
        _authorization("wrong", "bearer-undefined", "Bearer undefined", "Bearer undefined"),
        _api_key("wrong", "a-wrong-x-api-key", "a wrong X-API-Key", "wrong-key"),
        _authorization(
            "wrong",
            "the-key-without-its-last-character-as-bearer",
            "the key without its last character as Bearer",
            f"Bearer {key[:-1]}",
        ),
        _api_key(
            "wrong",
            "the-key-without-its-last-character-as-x-api-key",
            "the key without its last character as X-API-Key",
            key[:-1],
        ),
        _authorization(
            "wrong",
            "the-key-with-one-more-character-as-bearer",
            "the key with one more character as Bearer",
            f"Bearer {key}x",
        ),
        _authorization(
            "wrong",
            "a-key-with-the-same-first-half-and-length",
            "a key with the same first half and length",
            f"Bearer {half_of(key).ljust(len(key), '0')}",
        ),
        _authorization("malformed", "an-empty-bearer-key", "an empty Bearer key", "Bearer "),
        _authorization("malformed", "bearer-without-a-key", "Bearer without a key", "Bearer"),
        _api_key("malformed", "an-empty-x-api-key", "an empty X-API-Key", ""),
        _authorization(
            "malformed", "the-key-with-another-scheme", "the key with another authentication scheme", f"Basic {key}"
        ),
        _authorization("malformed", "the-key-without-a-scheme", "the key without a scheme", key),
        _authorization("malformed", "another-scheme", "another scheme", "Basic d3Jvbmc6a2V5"),
        _authorization("malformed", "an-invalid-scheme", "an invalid scheme", "wrong"),
        _authorization("malformed", "an-empty-authorization-header", "an empty Authorization header", ""),
        _authorization("malformed", "a-non-ascii-key", "a non-ASCII key", "Bearer schl\u00fcssel"),
    ]
    if key.swapcase() != key:
        attempts.append(
            _authorization(
                "wrong",
                "the-key-in-the-other-case",
                "the key with upper and lower case swapped",
                f"Bearer {key.swapcase()}",
            )
        )
    return attempts


def _authorization(credential: Credential, name: str, label: str, value: str) -> _Attempt:
    return _Attempt(credential, name, label, (("Authorization", value),))


def _api_key(credential: Credential, name: str, label: str, value: str) -> _Attempt:
    return _Attempt(credential, name, label, (("X-API-Key", value),))
