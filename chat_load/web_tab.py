"""Adds a tab with the violated clauses to Locust's page, and keeps other sites from using the page."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from chat_load.counting import Counts
from kit_http.browsers import is_from_other_site

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
        own_host = urlsplit(f"//{request.host}").hostname in _LOOPBACK
        other_site = is_from_other_site(origin, request.headers.get("Sec-Fetch-Site"))
        own_page = origin in (None, f"http://{request.host}") and not other_site
        if not own_host or not own_page:
            abort(403)

    @web_ui.app.after_request  # type: ignore[untyped-decorator]  # a method of an untyped object
    def keep_out_of_frames(response: Any) -> Any:
        # A page that shows this one in a frame could make the user click in it.
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
        return response


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
