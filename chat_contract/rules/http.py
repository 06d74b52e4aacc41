"""How a server treats other methods, paths and media types."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.findings import Finding, Rule, wrong_outcome

_MAY_SUCCEED = frozenset({"HEAD", "OPTIONS"})
_NOT_IMPLEMENTED = 501
_METHOD_NOT_ALLOWED = "status 405 with an Allow header, or status 404 or 501"
_MEDIA_TYPE_STATUSES = "status 200 or 4xx"


def _fails(facts: ExchangeFacts) -> bool:
    """Return whether the server fails; 501 says that it does not know the method (RFC 9110, section 9.1)."""
    return facts.failed and facts.status != _NOT_IMPLEMENTED


def _applies_methods(facts: ExchangeFacts) -> bool:
    return (
        facts.kind is RequestKind.METHOD
        and facts.request.method not in _MAY_SUCCEED
        and not _fails(facts)
        and not 200 <= facts.status < 300
    )


def methods(facts: ExchangeFacts) -> Iterator[Finding]:
    assert facts.response is not None
    if facts.status == 405:
        if facts.response.header("Allow") is None:
            yield Finding(_METHOD_NOT_ALLOWED, "allow-missing", "status 405 without an Allow header")
    elif facts.status not in {404, _NOT_IMPLEMENTED}:
        yield wrong_outcome(_METHOD_NOT_ALLOWED, facts)


def _applies_methods_accepted(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.METHOD and facts.request.method not in _MAY_SUCCEED


def methods_accepted(facts: ExchangeFacts) -> Iterator[Finding]:
    if 200 <= facts.status < 300:
        yield wrong_outcome(_METHOD_NOT_ALLOWED, facts)


def _applies_methods_failing(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.METHOD


def methods_failing(facts: ExchangeFacts) -> Iterator[Finding]:
    if _fails(facts):
        yield wrong_outcome(_METHOD_NOT_ALLOWED, facts)


def _applies_unknown_path(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.PATH


def unknown_path(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status != 404:
        yield wrong_outcome("status 404", facts)


def _applies_media_type(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.FOREIGN_MEDIA_TYPE and not facts.failed


def media_type(facts: ExchangeFacts) -> Iterator[Finding]:
    if not 200 <= facts.status < 300 and not 400 <= facts.status < 500:
        yield wrong_outcome(_MEDIA_TYPE_STATUSES, facts)


def _applies_media_type_failing(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.FOREIGN_MEDIA_TYPE


def media_type_failing(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.failed:
        yield wrong_outcome(_MEDIA_TYPE_STATUSES, facts)


TABLE: tuple[Rule, ...] = (
    Rule("http.methods", _applies_methods, methods),
    Rule("http.methods-accepted", _applies_methods_accepted, methods_accepted),
    Rule("http.methods-failing", _applies_methods_failing, methods_failing),
    Rule("http.unknown-path", _applies_unknown_path, unknown_path),
    Rule("http.media-type", _applies_media_type, media_type),
    Rule("http.media-type-failing", _applies_media_type_failing, media_type_failing),
)
