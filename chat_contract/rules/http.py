"""Other methods, paths and media types."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract.rules.facts import Facts, Finding, Kind, Rule

_HARMLESS = frozenset({"HEAD", "OPTIONS"})


def _tries_methods(facts: Facts) -> bool:
    return (
        facts.kind is Kind.METHOD
        and facts.request.method not in _HARMLESS
        and not facts.failed
        and not 200 <= facts.status < 300
    )


def methods(facts: Facts) -> Iterator[Finding]:
    assert facts.response is not None
    if facts.status == 405:
        if facts.response.header("Allow") is None:
            yield Finding("405 with an Allow header", "405 without one")
    elif facts.status != 404:
        yield Finding("405 with an Allow header, or 404", facts.seen)


def _tries_methods_accepted(facts: Facts) -> bool:
    return facts.kind is Kind.METHOD and facts.request.method not in _HARMLESS


def methods_accepted(facts: Facts) -> Iterator[Finding]:
    if 200 <= facts.status < 300:
        yield Finding("405 with an Allow header, or 404", facts.seen)


def _tries_methods_failing(facts: Facts) -> bool:
    return facts.kind is Kind.METHOD


def methods_failing(facts: Facts) -> Iterator[Finding]:
    if facts.failed:
        yield Finding("405 with an Allow header, or 404", facts.seen)


def _tries_unknown_path(facts: Facts) -> bool:
    return facts.kind is Kind.PATH


def unknown_path(facts: Facts) -> Iterator[Finding]:
    if facts.status != 404:
        yield Finding("status 404", facts.seen)


def _tries_media_type(facts: Facts) -> bool:
    return facts.kind is Kind.FOREIGN_MEDIA_TYPE and not facts.failed


def media_type(facts: Facts) -> Iterator[Finding]:
    if facts.status not in {200, 415, 422} and not facts.too_large and not 200 < facts.status < 300:
        yield Finding("status 200, 415 or 422", facts.seen)


def _tries_media_type_failing(facts: Facts) -> bool:
    return facts.kind is Kind.FOREIGN_MEDIA_TYPE


def media_type_failing(facts: Facts) -> Iterator[Finding]:
    if facts.failed:
        yield Finding("status 200, 415 or 422", facts.seen)


TABLE: tuple[Rule, ...] = (
    Rule("http.methods", _tries_methods, methods),
    Rule("http.methods-accepted", _tries_methods_accepted, methods_accepted),
    Rule("http.methods-failing", _tries_methods_failing, methods_failing),
    Rule("http.unknown-path", _tries_unknown_path, unknown_path),
    Rule("http.media-type", _tries_media_type, media_type),
    Rule("http.media-type-failing", _tries_media_type_failing, media_type_failing),
)
