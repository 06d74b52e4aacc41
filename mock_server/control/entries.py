"""Entries of the journal as JSON: request, response, verdict by the contract, and where the response comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from mock_server.control.prepared import BodyForm, Prepared, prepared
from mock_server.control.redacted import (
    body_value,
    long_secrets_of,
    secrets_of,
    shown_time,
    without_secrets,
)
from mock_server.control.texts import Note, fault_text, near_miss_text, note_text, reason_text, source_text
from mock_server.http.cors import is_refused
from mock_server.http.messages import encode
from mock_server.http.secret_headers import redacted_headers
from mock_server.overrides.prefer import misspelt_preferences
from mock_server.respond.verdict import Verdict
from mock_server.shop.scenarios import NearMiss
from mock_server.store.interface import Requests
from mock_server.store.journal import Entry

_LINE_BREAKS = bytes.maketrans(b"\r\n", b"  ")


def encoded_entry(journal: Requests, entry: Entry) -> bytes:
    """Return an entry as JSON on one line.

    Bodies are JSON already, as a rule. They are not parsed and encoded again, which would take most of the time.
    """
    known, secrets = prepared(journal, entry), long_secrets_of(entry)
    parts = (_facts(entry, known), _request(entry), _reply(entry))
    texts = [encode(part) for part in parts]
    if secrets.are_in(b"".join(texts).decode()):
        texts = [encode(without_secrets(secrets, part)) for part in parts]
    facts, request, reply = (text.removesuffix(b"}") for text in texts)
    sent = _shown_body(entry, entry.body, known.request_form, truncated=entry.body_truncated)
    received = _shown_body(entry, entry.answer.body, known.answer_form, truncated=entry.answer_truncated)
    return b'%b,"request":%b,"body":%b},"reply":%b,"body":%b}}' % (facts, request, sent, reply, received)


def _shown_body(entry: Entry, body: bytes, form: BodyForm, *, truncated: bool) -> bytes:
    if form is BodyForm.VERBATIM:
        return body.translate(_LINE_BREAKS)
    text = body.decode("utf-8", "replace")
    if form is BodyForm.REDACTED:
        text = secrets_of(entry).masked(text)
    if truncated:
        return to_json(f"{text}…")
    try:
        return encode(body_value(text))
    except RecursionError:
        return to_json(text)


def _facts(entry: Entry, known: Prepared) -> dict[str, Any]:
    return {
        "number": entry.number,
        "time": shown_time(entry.at),
        "method": entry.method,
        "path": entry.path,
        "status": entry.answer.status,
        "seconds": None if entry.seconds is None else round(entry.seconds, 6),
        "preflight": entry.is_preflight,
        "conversation_id": entry.trace.conversation_id,
        "user_id": entry.trace.user_id,
        "client_left": entry.client_left,
        "verdict": _verdict_json(entry, known.verdict),
        "why": _why_json(entry, known),
        "notes": [{"id": note, "text": note_text(note, entry)} for note in _notes(entry)],
    }


def _request(entry: Entry) -> dict[str, Any]:
    return {"headers": redacted_headers(entry.headers), "truncated": entry.body_truncated}


def _reply(entry: Entry) -> dict[str, Any]:
    answer = entry.answer
    return {
        "headers": redacted_headers(dict(answer.headers)),
        "truncated": entry.answer_truncated,
        "delay": round(answer.delay, 3),
        "fault": answer.source.fault,
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


def _why_json(entry: Entry, known: Prepared) -> dict[str, Any]:
    source, trace = entry.answer.source, entry.trace
    override = None if source.override is None else dict(zip(("name", "value"), source.override, strict=True))
    shown: dict[str, Any] = {"source": source.kind, "override": override, "text": source_text(source)}
    if trace.position is not None:
        shown["conversation"] = trace.position.scenario
        shown["turn"] = trace.position.turn
    if known.near_misses is not None:
        shown["not_matched"] = [near_miss_json(miss) for miss in known.near_misses]
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
