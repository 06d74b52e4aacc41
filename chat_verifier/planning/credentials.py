"""Requests without a key, or with a wrong one; only for a server that the run says demands one."""

from __future__ import annotations

from chat_contract.exchange import Credential, Headers
from chat_contract.roles import CONVERSATION
from chat_verifier.planning.case import ISSUED, JSON_HEADERS, Case, CaseSequence, single
from chat_verifier.planning.samples import Samples
from kit_http.redaction.secrets import half_of

GROUP = "credentials"

_SPOOFED: Headers = (
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("Forwarded", "for=127.0.0.1"),
    ("X-Forwarded-Host", "localhost"),
    ("X-Original-URL", "/health"),
)


def sequences(samples: Samples, key: str) -> list[CaseSequence]:
    """Return the requests; ``key`` is the right one, of which wrong ones are made."""
    cases = _cases(key)
    inside = CaseSequence(
        "credentials: none in a conversation that was opened with one",
        GROUP,
        (
            Case("opens a conversation", samples.request()),
            Case(
                "credentials: none, but the id of a conversation",
                samples.request(**{CONVERSATION: ISSUED}),
                credential="missing",
            ),
        ),
        rank=1,
    )
    return [
        inside,
        *(
            single(
                Case(
                    f"credentials: {label}", samples.request(), headers=(*JSON_HEADERS, *headers), credential=credential
                ),
                GROUP,
                # The first of each kind belongs to the most telling requests.
                rank=1 if credential in {kind for kind, _, _ in cases[:number]} else 0,
            )
            for number, (credential, label, headers) in enumerate(cases)
        ),
    ]


_Case = tuple[Credential, str, Headers]


def _cases(key: str) -> list[_Case]:
    """Return what is sent in the place of the key, each alone."""
    half = half_of(key)
    cases: list[_Case] = [
        ("missing", "no credential", ()),
        *(("spoofed", f"no credential, but {name}: {value}", ((name, value),)) for name, value in _SPOOFED),
        ("wrong", "a wrong key as Bearer", (("Authorization", "Bearer wrong-key"),)),
        ("wrong", "what a client without a key writes", (("Authorization", "Bearer undefined"),)),
        ("wrong", "a wrong X-API-Key", (("X-API-Key", "wrong-key"),)),
        ("wrong", "the key cut short as Bearer", (("Authorization", f"Bearer {key[:-1]}"),)),
        ("wrong", "the key cut short as X-API-Key", (("X-API-Key", key[:-1]),)),
        ("wrong", "the key and more as Bearer", (("Authorization", f"Bearer {key}x"),)),
        (
            "wrong",
            "a key that begins alike and is as long",
            (("Authorization", f"Bearer {half.ljust(len(key), '0')}"),),
        ),
        ("malformed", "an empty Bearer", (("Authorization", "Bearer "),)),
        ("malformed", "Bearer without a key", (("Authorization", "Bearer"),)),
        ("malformed", "an empty X-API-Key", (("X-API-Key", ""),)),
        ("malformed", "the key by another scheme", (("Authorization", f"Basic {key}"),)),
        ("malformed", "the key without a scheme", (("Authorization", key),)),
        ("malformed", "another scheme", (("Authorization", "Basic d3Jvbmc6a2V5"),)),
        ("malformed", "a scheme that is none", (("Authorization", "wrong"),)),
        ("malformed", "an empty Authorization", (("Authorization", ""),)),
        ("malformed", "no ASCII", (("Authorization", "Bearer schl\u00fcssel"),)),
    ]
    if key.swapcase() != key:
        cases.append(("wrong", "the key in the other case", (("Authorization", f"Bearer {key.swapcase()}"),)))
    return cases


def packed(samples: Samples, key: str) -> list[CaseSequence]:
    """Return the wrong credentials in a few requests: all spoofed headers together, both ways to send a key at once."""

    def both(label: str, credential: Credential, value: str) -> _Case:
        return credential, f"{label}, by both headers", (("Authorization", f"Bearer {value}"), ("X-API-Key", value))

    cases: list[_Case] = [
        ("missing", "no credential", ()),
        ("spoofed", "none, but headers that a proxy would send", _SPOOFED),
        both("a wrong key", "wrong", "wrong-key"),
        both("the key cut short", "wrong", key[:-1]),
        both("the key and more", "wrong", f"{key}x"),
        *([both("the key in the other case", "wrong", key.swapcase())] if key.swapcase() != key else []),
        both("an empty key", "malformed", ""),
        ("malformed", "the key by another scheme", (("Authorization", f"Basic {key}"),)),
        ("malformed", "the key without a scheme", (("Authorization", key),)),
    ]
    return [
        single(
            Case(f"credentials: {label}", samples.request(), headers=(*JSON_HEADERS, *headers), credential=credential),
            GROUP,
            rank=0,
        )
        for credential, label, headers in cases
    ]
