"""Export the first violation of each clause: a shell script, a .http file of editors, and a file of pytest tests."""

from __future__ import annotations

from collections.abc import Iterator

from chat_load.report.model import ClauseReport, LoadReport
from chat_load.settings import Example
from kit_reports.replay import ISSUED, Replay, ReplayRequest, http_file, key_in_command, pytest_file
from kit_reports.visible import visible


def render_sh(report: LoadReport) -> str:
    """Return a shell script that sends the first violating request of each clause. The key comes from CHAT_API_KEY."""
    parts = [f"# {_about(clause, example)}\n{example.command}\n" for clause, example in _examples(report)]
    return "\n".join(["#!/bin/sh\n", *parts])


def render_http(report: LoadReport) -> str:
    """Return the requests as a .http file, as the REST clients of editors read it."""
    return http_file(report.base_url, _replays(report))


def render_pytest(report: LoadReport) -> str:
    """Return a test file with a test for each violated clause."""
    return pytest_file(report.base_url, report.base_url, _replays(report))


def _replays(report: LoadReport) -> Iterator[Replay]:
    for clause, example in _examples(report):
        requests = tuple(ReplayRequest(each.method, each.path, each.headers, each.body) for each in example.requests)
        yield Replay(
            id=f"{clause.id}:{example.pointer or '/'}",
            clause=clause.id,
            about=_about(clause, example),
            key=key_in_command(example.command),
            requests=requests,
            continues=any(ISSUED in request.body for request in requests[1:]),
        )


def _examples(report: LoadReport) -> Iterator[tuple[ClauseReport, Example]]:
    for clause in report.violated():
        if clause.example is not None:
            yield clause, clause.example


def _about(clause: ClauseReport, example: Example) -> str:
    text = f"{clause.id} ({clause.level.upper()}): expected {example.expected}; got {example.got}"
    return visible(text.replace("\n", " "))
