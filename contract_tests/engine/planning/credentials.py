"""Requests without a key, or with a wrong one; only for a server that the run says demands one."""

from __future__ import annotations

from chat_contract.interactions import Credential, Headers
from contract_tests.engine.planning.samples import Samples
from contract_tests.engine.script import JSON_HEADERS, Script, Step, single

GROUP = "credentials"

_SPOOFED: Headers = (
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("Forwarded", "for=127.0.0.1"),
    ("X-Forwarded-Host", "localhost"),
)


def scripts(samples: Samples, key: str) -> list[Script]:
    """Return the requests; ``key`` is the right one, of which wrong ones are made."""
    other_case = key.swapcase()
    cases: list[tuple[Credential, str, Headers]] = [
        ("missing", "no credential", ()),
        ("spoofed", "no credential, from this machine as it says", _SPOOFED),
        ("wrong", "a wrong key as Bearer", (("Authorization", "Bearer wrong-key"),)),
        ("wrong", "a wrong X-API-Key", (("X-API-Key", "wrong-key"),)),
        ("wrong", "the key cut short as Bearer", (("Authorization", f"Bearer {key[:-1]}"),)),
        ("wrong", "the key cut short as X-API-Key", (("X-API-Key", key[:-1]),)),
        ("wrong", "the key and more as Bearer", (("Authorization", f"Bearer {key}x"),)),
        ("malformed", "an empty Bearer", (("Authorization", "Bearer "),)),
        ("malformed", "Bearer without a key", (("Authorization", "Bearer"),)),
        ("malformed", "an empty X-API-Key", (("X-API-Key", ""),)),
        ("malformed", "another scheme", (("Authorization", "Basic d3Jvbmc6a2V5"),)),
        ("malformed", "a scheme that is none", (("Authorization", "wrong"),)),
        ("malformed", "an empty Authorization", (("Authorization", ""),)),
    ]
    if other_case != key:
        cases.append(("wrong", "the key in the other case as Bearer", (("Authorization", f"Bearer {other_case}"),)))
    return [
        single(
            Step(f"credentials: {label}", samples.request(), headers=(*JSON_HEADERS, *headers), credential=credential),
            GROUP,
            rank=1,
        )
        for credential, label, headers in cases
    ]
