"""Entries of the journal as JSON: request, response, verdict by the contract, and where the response comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_server.control.redacted import secrets_of, shown_body, shown_headers, shown_time, upstream_key_of, without_key
from mock_server.control.texts import Note, fault_text, near_miss_text, note_text, reason_text, source_text
from mock_server.http.cors import is_refused
from mock_server.overrides.prefer import misspelt_preferences
from mock_server.respond.verdict import Verdict, judged
from mock_server.shop.scenarios import NearMiss
from mock_server.store.journal import Entry


def verdict_of(entry: Entry) -> Verdict:
    """Return the verdict on an entry."""
    return judged(entry).verdict


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON."""
    key = upstream_key_of(entry)
    return without_key(_entry_json(entry, key), key)  # type: ignore[no-any-return]  # an object stays one


def _entry_json(entry: Entry, key: tuple[str, ...]) -> dict[str, Any]:
    secrets, answer = secrets_of(entry), entry.answer
    return {
        "number": entry.number,
        "time": shown_time(entry.at),
        "method": entry.method,
        "path": entry.path,
        "status": answer.status,
        "seconds": None if entry.seconds is None else round(entry.seconds, 6),
        "preflight": entry.is_preflight,
        "conversation_id": entry.trace.conversation_id,
        "user_id": entry.trace.user_id,
        "request": {
            "headers": shown_headers(entry.headers),
            "body": shown_body(entry.body, truncated=entry.body_truncated, secrets=secrets, key=key),
            "truncated": entry.body_truncated,
        },
        "reply": {
            "headers": dict(answer.headers),
            "body": shown_body(answer.body, truncated=entry.answer_truncated, secrets=secrets, key=key),
            "truncated": entry.answer_truncated,
            "delay": round(answer.delay, 3),
            "fault": answer.source.fault,
        },
        "client_left": entry.client_left,
        "verdict": _verdict_json(entry, judged(entry).verdict),
        "why": _why_json(entry),
        "notes": [{"id": note, "text": note_text(note, entry)} for note in _notes(entry)],
    }


def _verdict_json(entry: Entry, verdict: Verdict) -> dict[str, Any]:
    return {
        "keeps_contract": verdict.keeps_contract,
        "request_class": verdict.request_class,
        "reason": verdict.reason,
        "text": reason_text(entry, verdict),
        "faults": [
            {"pointer": fault.pointer, "keyword": fault.keyword, "value": fault.value, "text": fault_text(fault)}
            for fault in verdict.faults
        ],
        "more_faults": verdict.more_faults,
        "violations": [
            {"clause": violation.clause, "level": violation.level, "text": violation.message}
            for violation in verdict.violations
        ],
    }


def _why_json(entry: Entry) -> dict[str, Any]:
    source, trace = entry.answer.source, entry.trace
    override = None if source.override is None else dict(zip(("name", "value"), source.override, strict=True))
    shown: dict[str, Any] = {"source": source.kind, "override": override, "text": source_text(source)}
    if trace.position is not None:
        shown["conversation"] = trace.position.scenario
        shown["turn"] = trace.position.turn
    if entry.answer.status == 200 and entry.message is not None:
        shown["not_matched"] = [near_miss_json(miss) for miss in judged(entry).near_misses]
    return shown


def near_miss_json(miss: NearMiss) -> dict[str, Any]:
    """Return a stub that did not match as JSON."""
    return {
        "conversation": miss.position.scenario,
        "turn": miss.position.turn,
        "cue": miss.kind,
        "missing": list(miss.missing),
        "text": near_miss_text(miss),
    }


def _notes(entry: Entry) -> Iterator[Note]:
    headers = entry.headers
    if is_refused(headers, entry.snapshot.options.cors_origins):
        yield Note.ORIGIN_REFUSED
    if misspelt_preferences(headers.get("prefer", "")):
        yield Note.UNKNOWN_PREFERENCE
    if "origin" in headers and ("authorization" in headers or "x-api-key" in headers):
        yield Note.KEY_IN_BROWSER
