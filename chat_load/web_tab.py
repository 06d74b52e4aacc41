"""Adds a tab with the violated clauses to Locust's page, and keeps other sites from using the page."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from chat_load.counting import Counts

_LOOPBACK = ("127.0.0.1", "localhost")
_KEY = "clauses"
_COLUMNS = {
    "clause": "Clause",
    "violations": "Violations",
    "users": "Users at the first violation",
    "at": "Seconds until the first violation",
    "got": "Expected and got",
}


def show_clauses(web_ui: Any, counts: Counts) -> None:
    """Add the tab. ``web_ui`` is Locust's; its page reads the rows together with the other figures."""
    web_ui.template_args["extended_tabs"] = [{"title": "Clauses", "key": _KEY}]
    structure = [{"key": key, "title": title} for key, title in _COLUMNS.items()]
    web_ui.template_args["extended_tables"] = [{"key": _KEY, "structure": structure}]

    @web_ui.app.after_request  # type: ignore[untyped-decorator]  # a method of an untyped object
    def add_rows(response: Any) -> Any:
        from flask import request  # noqa: PLC0415 - only with --web

        if request.path == "/stats/requests" and response.is_json:
            data = {**response.json, "extended_stats": [{"key": _KEY, "data": rows(counts)}]}
            response.set_data(json.dumps(data))
        return response


def admit_own_page_only(web_ui: Any) -> None:
    """Reject what a page of another site makes a browser send: it could start a load with more users."""

    @web_ui.app.before_request  # type: ignore[untyped-decorator]  # a method of an untyped object
    def reject() -> None:
        from flask import abort, request  # noqa: PLC0415 - only with --web

        origin = request.headers.get("Origin")
        if urlsplit(f"//{request.host}").hostname not in _LOOPBACK or origin not in (None, f"http://{request.host}"):
            abort(403)


def rows(counts: Counts) -> list[dict[str, Any]]:
    """Return a row for each violated clause."""
    return [
        {
            "clause": each.clause,
            "safe_name": each.clause,
            "name": each.clause,
            "violations": each.violations,
            "users": each.users,
            "at": round(each.at, 1),
            "got": f"expected {each.example.expected}, got {each.example.got}",
        }
        for each in counts.tally().clauses
    ]
