"""Writes the result of a run: as text for a terminal and as JSON. Secrets are hidden here, at the edge."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from chat_contract.errors import UsageError, render_pointer, shorten
from chat_contract.interactions import Breakdown, Headers, Interaction
from contract_tests.engine.causes import Cause
from contract_tests.engine.reproduce import command, exchanges
from contract_tests.engine.secrets import Secrets, is_credential
from contract_tests.engine.verdict import ClauseResult, RunResult

_READABLE = 0o644
_SHOWN_WARNINGS = 12


def as_json(result: RunResult, headers: Headers, secrets: Secrets) -> str:
    """Return the report as JSON."""
    document = {
        "verdict": result.verdict,
        "reason": result.reason,
        "base_url": result.base_url,
        "seed": result.seed,
        "requests": result.requests,
        "seconds": round(result.seconds, 3),
        "clauses": [_clause(clause, result.base_url, headers, secrets) for clause in result.clauses],
        "latitude": result.profile,
    }
    return (
        json.dumps(_hidden(document, secrets), ensure_ascii=False, indent=2)
        .encode("utf-8", "backslashreplace")
        .decode()
    )


def _clause(found: ClauseResult, base_url: str, headers: Headers, secrets: Secrets) -> dict[str, Any]:
    return {
        "id": found.clause.id,
        "level": found.clause.level,
        "says": found.clause.says,
        "source": found.clause.source,
        "verdict": found.verdict,
        "reason": found.reason,
        "exchanges": found.exchanges,
        "violations": [_violation(cause, base_url, headers, secrets) for cause in found.causes],
    }


def _violation(cause: Cause, base_url: str, headers: Headers, secrets: Secrets) -> dict[str, Any]:
    return {
        "message": cause.violation.message,
        "pointer": render_pointer(cause.violation.pointer),
        "expected": cause.violation.expected,
        "got": cause.violation.got,
        "seen": cause.seen,
        "sent": cause.sent,
        "intermittent": cause.intermittent,
        "request": cause.exhibit.step.label,
        "exchanges": [_exchange(interaction) for interaction in exchanges(cause.exhibit)],
        "curl": command(cause.exhibit, base_url, headers, secrets),
    }


def _exchange(interaction: Interaction) -> dict[str, Any]:
    request, outcome = interaction.request, interaction.outcome
    sent = {
        "method": request.method,
        "path": request.path,
        "headers": {name: value for name, value in request.headers if not is_credential(name)},
        "body": _text(request.body),
    }
    if isinstance(outcome, Breakdown):
        return {"request": sent, "response": None, "breakdown": {"kind": outcome.kind, "detail": outcome.detail}}
    return {
        "request": sent,
        "response": {"status": outcome.status, "headers": dict(outcome.headers), "body": _text(outcome.body)},
    }


def _text(body: bytes) -> str | dict[str, str]:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}


def _hidden(value: Any, secrets: Secrets) -> Any:
    """Hide the secrets in every text of a value, commands apart, which name them on purpose."""
    if isinstance(value, str):
        return secrets.hide(value)
    if isinstance(value, list):
        return [_hidden(child, secrets) for child in value]
    if isinstance(value, dict):
        return {secrets.hide(str(key)): _hidden(child, secrets) for key, child in value.items()}
    return value


def as_text(result: RunResult, headers: Headers, secrets: Secrets) -> str:
    """Return the report for a terminal: the verdict first, then what is wrong, then warnings, then the latitude."""
    text = secrets.hide("\n".join(_lines(result, headers, secrets))) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def _lines(result: RunResult, headers: Headers, secrets: Secrets) -> Iterator[str]:
    because = f": {result.reason}" if result.reason else ""
    yield f"{result.verdict.upper()}  {result.base_url}{because}"
    tallied = {verdict: sum(found.verdict == verdict for found in result.clauses) for verdict in _VERDICTS}
    counts = ", ".join(f"{count} {verdict}" for verdict, count in tallied.items() if count)
    yield f"{result.requests} requests in {result.seconds:.1f} s, seed {result.seed}; clauses: {counts}"
    if result.left_out:
        groups = Counter(script.group for script in result.left_out for _ in script.steps)
        listed = ", ".join(f"{count} of {group}" for group, count in sorted(groups.items()))
        yield f"left out, to keep to the bounds of the run: {listed}"
    for found in result.clauses:
        if found.verdict == "fail":
            yield from _failure(found, result.base_url, headers, secrets)
    warnings = [found for found in result.clauses if found.verdict == "warn"]
    if warnings:
        yield ""
        yield "Warnings (they fail the run only under --strict; intermittent ones never do):"
        for found in warnings[:_SHOWN_WARNINGS]:
            for cause in found.causes:
                often = f" [intermittent, {cause.seen} of {cause.sent}]" if cause.intermittent else ""
                yield f"  {cause.violation.message}{often}"
                yield f"    {_brief(command(cause.exhibit, result.base_url, headers, secrets))}"
    if result.profile:
        yield ""
        yield "What the documents leave open, and what this server does:"
        width = max(map(len, result.profile))
        for name, answer in result.profile.items():
            yield f"  {name:<{width}}  {answer}"


_VERDICTS = ("pass", "fail", "warn", "observed", "skipped")


def _failure(found: ClauseResult, base_url: str, headers: Headers, secrets: Secrets) -> Iterator[str]:
    yield ""
    yield f"✗ {found.clause.id} ({found.clause.level.upper()}): {found.clause.says}"
    for cause in found.causes:
        where = f" at {render_pointer(cause.violation.pointer)}" if cause.violation.pointer else ""
        often = f"seen {cause.seen} times" if not cause.intermittent else f"intermittent, {cause.seen} of {cause.sent}"
        yield f"    {cause.exhibit.step.label} ({often})"
        yield f"      expected{where}: {cause.violation.expected}"
        yield f"      got:      {shorten(cause.violation.got, 300)}"
        for line in _brief(command(cause.exhibit, base_url, headers, secrets)).splitlines():
            yield f"      {line}"


def _brief(text: str) -> str:
    """Keep a terminal readable; the JSON report has the command whole."""
    return text if len(text) <= 3000 else text[:600] + f" … ({len(text)} characters; whole in --report json)"


RENDERERS: dict[str, Callable[[RunResult, Headers, Secrets], str]] = {"json": as_json, "text": as_text}


def parse_report(option: str) -> tuple[str, Path | None]:
    """Read FORMAT[=FILE]; raises :class:`UsageError` for an unknown format or a file that cannot be written."""
    name, separator, file = option.partition("=")
    if name not in RENDERERS:
        raise UsageError(f"--report {option}: there is no format {name!r}; choose from {', '.join(RENDERERS)}")
    if not separator:
        return name, None
    path = Path(file)
    why = _why_not_writable(path) if file else "no file is named"
    if why:
        raise UsageError(
            f"--report {option}: {file or 'nothing'} cannot be written ({why}); name a file in another folder"
        )
    return name, path


def _why_not_writable(path: Path) -> str:
    """Try it, since permissions do not tell the whole truth; returns an empty string where a report can be written."""
    if path.is_dir():
        return "it is a folder"
    try:
        if path.exists() and not path.is_file():
            return "" if os.access(path, os.W_OK) else "no permission"
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def write_report(path: Path, text: str) -> None:
    """Write a file whole or not at all; what is no regular file, such as a pipe, is written to as it stands.

    Raises OSError where that fails; what was there before is there still.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
        drafted = Path(draft.name)
        try:
            draft.write(text)
            draft.flush()
            drafted.chmod(_READABLE)
            drafted.replace(path)
        finally:
            drafted.unlink(missing_ok=True)
