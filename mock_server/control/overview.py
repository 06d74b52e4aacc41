"""The console's data beyond the journal: what is served, what overrides may name, and explanations of replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint as Routes
from flask import Response, request

from chat_contract import __version__
from mock_server.control.as_curl import as_curl
from mock_server.control.as_fixture import as_fixture
from mock_server.control.current import current_space
from mock_server.control.entries import near_miss_json
from mock_server.control.error_gallery import gallery
from mock_server.control.explain import Explanation, cue_text, example_message, explain, outcome_text
from mock_server.control.health import health_json
from mock_server.control.texts import SOURCES
from mock_server.http.messages import JSON, OWN_PREFIX, encode, problem
from mock_server.http.source import Fault
from mock_server.http.space_path import SPACES
from mock_server.loading.snapshot import Snapshot
from mock_server.respond.service import ChatService
from mock_server.store.journal import Entry
from mock_server.store.status import StoreHealth

_TRIAL = f"{SPACES}/console-trials"
"""The space in which the console tries responses, so that the rules and requests of others stay as they are."""


def add_overview(routes: Routes, service: ChatService) -> None:
    """Add the routes to the control API, so that its check of access covers them."""

    def overview() -> Response:
        return _json(overview_json(service.snapshot, request.script_root, service.store_health()))

    def explained() -> Response:
        return _json(explanation_json(explain(service.snapshot, request.args.get("message", ""))))

    def rendered(number: int, render: Callable[[Entry, list[Entry]], str]) -> Response:
        entries = current_space(service).state.journal.entries()
        entry = next((entry for entry in entries if entry.number == number), None)
        if entry is None:
            missing = problem(404, "Unknown request", f"Request {number} is not in the journal.")
            return Response(missing.body, missing.status, mimetype=missing.media_type)
        return Response(render(entry, entries), mimetype="text/plain")

    def curl(number: int) -> Response:
        return rendered(number, lambda entry, _: as_curl(entry, request.url_root.rstrip("/")))

    def fixture(number: int) -> Response:
        return rendered(number, as_fixture)

    routes.add_url_rule("/overview", "overview", overview, methods=["GET"])
    routes.add_url_rule("/explain", "explain", explained, methods=["GET"])
    routes.add_url_rule("/requests/<int:number>/curl", "curl", curl, methods=["GET"])
    routes.add_url_rule("/requests/<int:number>/fixture", "fixture", fixture, methods=["GET"])


def overview_json(snapshot: Snapshot, prefix: str = "", store: StoreHealth | None = None) -> dict[str, Any]:
    """Return everything that the console shows before the first request. ``prefix`` is that of the space."""
    return {
        "version": __version__,
        "operation": {"method": snapshot.method, "path": f"{prefix}{snapshot.route}"},
        "trial": {"operation": f"{_TRIAL}{snapshot.route}", "control": f"{_TRIAL}{OWN_PREFIX}/"},
        "default_limit": snapshot.default_limit,
        "requires_key": snapshot.options.require_key is not None,
        "sample": min(snapshot.contract.samples.values(), key=len, default={}),
        "openings": _openings(snapshot),
        "examples": list(snapshot.example_names),
        "faults": list(Fault),
        "items": len(snapshot.fixtures.items),
        "conversations": _conversations(snapshot),
        "gallery": [card.as_json() for card in gallery(snapshot)],
        "health": health_json(snapshot.status, store),
    }


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON."""
    return {
        "message": explanation.message,
        "source": explanation.source,
        "text": SOURCES[explanation.source],
        "conversation": explanation.conversation,
        "reply": explanation.reply,
        "items": list(explanation.item_ids),
        "also_matching": list(explanation.also_matching),
        "not_matched": [near_miss_json(miss) for miss in explanation.near_misses],
    }


def _openings(snapshot: Snapshot) -> list[str]:
    """Return messages to start with: those of examples that start a conversation, then one for each other fixture."""
    examples = snapshot.contract.samples.values()
    messages = [example.get("message") for example in examples if isinstance(example, dict)]
    scenarios = snapshot.shop.scenarios
    started = {text: scenarios.match(text) for text in messages if isinstance(text, str)}
    found = {position.scenario for position in started.values() if position is not None}
    openings = (
        example_message(scenario.stubs[0].cue) for scenario in snapshot.fixtures.scenarios if scenario.name not in found
    )
    return list(dict.fromkeys([*(text for text, position in started.items() if position), *filter(None, openings)]))


def _conversations(snapshot: Snapshot) -> list[dict[str, Any]]:
    return [
        {
            "name": scenario.name,
            "about": scenario.about,
            "opening": example_message(scenario.stubs[0].cue),
            "turns": [
                {
                    "shopper": cue_text(stub.cue),
                    "reply": stub.reply,
                    "items": list(stub.item_ids),
                    "outcome": outcome_text(stub),
                }
                for stub in scenario.stubs
            ],
        }
        for scenario in snapshot.fixtures.scenarios
    ]


def _json(value: Any) -> Response:
    return Response(encode(value), mimetype=JSON)
