"""Requests without a key or with a wrong one, for servers that require a key."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from chat_contract.exchange import Credential, Headers
from chat_contract.roles import CONVERSATION
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, kebab, single
from chat_verifier.planning.encoding import ISSUED, JSON_HEADERS
from chat_verifier.planning.request_builder import RequestBuilder
from kit_http.redaction.secrets import half_of

_CLIENT_HEADERS = (
    "X-Forwarded-For",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Original-Forwarded-For",
    "X-Originating-IP",
    "X-Remote-Addr",
    "X-Remote-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "X-Azure-ClientIP",
    "X-Envoy-External-Address",
    "Client-IP",
)
"""The headers in which proxies say from which address a request came."""

_ORIGIN_HEADERS: Headers = (
    ("Origin", "http://localhost"),
    ("Referer", "http://localhost/"),
    ("X-Forwarded-Host", "localhost"),
    ("X-Forwarded-Proto", "https"),
    ("X-Original-URL", "/health"),
    ("X-Rewrite-URL", "/health"),
)
"""The headers in which proxies and browsers say to which host and from which page a request was sent."""

_USER_HEADERS: Headers = (
    ("X-Forwarded-User", "admin"),
    ("X-Remote-User", "admin"),
    ("X-Auth-Request-User", "admin"),
    ("X-Authenticated-User", "admin"),
)
"""The headers in which proxies that check credentials say who the client is."""

_LOOPBACK = "127.0.0.1"
_OUTSIDE = "203.0.113.7"
"""An address of the range for documentation."""


def _from_address(address: str, forwarded: str) -> Headers:
    """Return all headers of proxies; those about addresses name this one."""
    addresses = tuple((name, address) for name in _CLIENT_HEADERS)
    return (*addresses, ("Forwarded", forwarded), *_ORIGIN_HEADERS, *_USER_HEADERS)


SPOOFED = _from_address(_LOOPBACK, f"for={_LOOPBACK};proto=https")
_SPOOFED_IPV6 = _from_address("::1", 'for="[::1]";proto=https')
_SPOOFED_LIST = _from_address(f"{_OUTSIDE}, {_LOOPBACK}", f"for={_OUTSIDE}, for={_LOOPBACK}")
_FREQUENT = frozenset({"X-Forwarded-For", "X-Real-IP", "Forwarded", "Origin", "X-Forwarded-Host"})
"""The headers that servers most often trust; they are sent alone before the others are."""


class _Attempt(NamedTuple):
    """What is sent instead of the key."""

    credential: Credential
    id: str
    label: str
    headers: Headers = ()
    fields: tuple[str, ...] = ()
    priority: Priority = Priority.HIGH

    def case(self, builder: RequestBuilder) -> Case:
        return Case(
            f"credentials-{self.id}",
            f"credentials: {self.label}",
            builder.request(*self.fields),
            headers=(*JSON_HEADERS, *self.headers),
            credential=self.credential,
        )


def sequences(builder: RequestBuilder, key: str) -> list[CaseSequence]:
    """Return the requests; the wrong keys are derived from the right ``key``."""
    attempts = [*_attempts(key), *_beside_fields(builder)]
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
                priority=attempt.priority if attempt.credential in kinds[:number] else Priority.ESSENTIAL,
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
        _all_of_a_proxy(),
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
        *_spoofed(),
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
        _api_key(
            "wrong",
            "the-key-with-one-more-character-as-x-api-key",
            "the key with one more character as X-API-Key",
            f"{key}x",
        ),
        _authorization("wrong", "a-key-with-the-same-first-half-and-length", _SAME_HALF, f"Bearer {_same_half(key)}"),
        _api_key(
            "wrong",
            "a-key-with-the-same-first-half-and-length-as-x-api-key",
            f"{_SAME_HALF} as X-API-Key",
            _same_half(key),
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
        attempts.append(
            _api_key(
                "wrong",
                "the-key-in-the-other-case-as-x-api-key",
                "the key with upper and lower case swapped as X-API-Key",
                key.swapcase(),
            )
        )
    return attempts


_SAME_HALF = "a key with the same first half and length"


def _same_half(key: str) -> str:
    return half_of(key).ljust(len(key), "0")


def _all_of_a_proxy() -> _Attempt:
    return _Attempt("spoofed", "none-with-headers-of-a-proxy", "none, with all headers of proxies", SPOOFED)


def _spoofed() -> list[_Attempt]:
    """Return requests without a key but with headers of proxies: all in one, then each alone."""
    alone = [
        _Attempt(
            "spoofed",
            kebab("none-with", name, value),
            f"none, with {name}: {value}",
            ((name, value),),
            priority=Priority.MEDIUM if name in _FREQUENT else Priority.VARIANT,
        )
        for name, value in (*SPOOFED, ("X-Forwarded-For", "::1"), ("X-Forwarded-For", f"{_OUTSIDE}, {_LOOPBACK}"))
    ]
    return [
        _all_of_a_proxy(),
        _Attempt(
            "spoofed",
            "none-with-headers-of-a-proxy-ipv6",
            "none, with all headers of proxies, from the IPv6 loopback address",
            _SPOOFED_IPV6,
        ),
        _Attempt(
            "spoofed",
            "none-with-headers-of-a-proxy-list",
            "none, with all headers of proxies, from a list with a trusted last hop",
            _SPOOFED_LIST,
        ),
        *alone,
    ]


def _beside_fields(builder: RequestBuilder) -> list[_Attempt]:
    """Return requests without a key: with all optional fields, and with each alone."""
    return [
        _Attempt("missing", "none-beside-all-fields", "none, with all optional fields", fields=builder.optional),
        *(
            _Attempt("missing", kebab("none-beside", name), f"none, with {name}", fields=(name,))
            for name in builder.optional
        ),
    ]


def _authorization(credential: Credential, name: str, label: str, value: str) -> _Attempt:
    return _Attempt(credential, name, label, (("Authorization", value),))


def _api_key(credential: Credential, name: str, label: str, value: str) -> _Attempt:
    return _Attempt(credential, name, label, (("X-API-Key", value),))


def extra_headers(case: Case) -> Headers:
    """Return the headers of a case without a key that stand in for one, as proxies add them."""
    return tuple(one for one in case.headers if one not in JSON_HEADERS) if case.credential == "spoofed" else ()


def with_extra_headers(case: Case, headers: Headers) -> Case:
    """Return a case without a key with other headers of proxies."""
    shown = ", ".join(f"{name}: {value}" for name, value in headers)
    label = f"credentials: none, with {shown}" if len(headers) <= _MOST_NAMED else case.label
    return replace(case, label=label, headers=(*JSON_HEADERS, *headers))


_MOST_NAMED = 3
