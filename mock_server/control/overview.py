"""What the console shows beside the journal: what is served, what can be asked for, and what would answer a message."""

from __future__ import annotations

from typing import Any

from flask import Blueprint as Routes
from flask import Response, request
from pydantic_core import to_json

from chat_contract import __version__
from mock_server.control.as_curl import as_curl
from mock_server.control.error_gallery import gallery
from mock_server.control.explain import explain, opening, shown_cue
from mock_server.http.messages import JSON, problem
from mock_server.loading.snapshot import State
from mock_server.overrides.rules import FAULTS
from mock_server.respond.service import ChatService


def add_overview(routes: Routes, service: ChatService) -> None:
    """Add the routes to those of the control API, whose guard then stands before them."""

    def overview() -> Response:
        return _json(described(service))

    def explained() -> Response:
        message = request.args.get("message", "")
        return _json(explain(service.state, message))

    def curl(number: int) -> Response:
        entry = next((entry for entry in service.journal.entries() if entry.number == number), None)
        if entry is None:
            refusal = problem(404, "No such request", f"the journal does not hold request {number} any more")
            return Response(refusal.body, refusal.status, mimetype=refusal.media_type)
        return Response(as_curl(entry, request.host_url.rstrip("/")), mimetype="text/plain")

    routes.add_url_rule("/overview", "overview", overview, methods=["GET"])
    routes.add_url_rule("/explain", "explain", explained, methods=["GET"])
    routes.add_url_rule("/requests/<int:number>/curl", "curl", curl, methods=["GET"])


def described(service: ChatService) -> dict[str, Any]:
    """Return all that the console needs to know before anything is asked."""
    state = service.state
    blueprint = state.blueprint
    examples = blueprint.contract.request_examples
    return {
        "version": __version__,
        "operation": {"method": blueprint.method, "path": blueprint.route},
        "default_limit": blueprint.default_limit,
        "requires_key": blueprint.options.require_key is not None,
        "sample": min(examples.values(), key=len, default={}),
        "openings": _openings(state),
        "examples": list(state.example_names),
        "faults": list(FAULTS),
        "items": len(blueprint.fixtures.items),
        "conversations": _conversations(state),
        "gallery": gallery(state),
        "freshness": service.freshness.shown(),
    }


def _openings(state: State) -> list[str]:
    """Return what one could begin with: what the contract's own examples say, then what the fixtures listen to."""
    examples = state.blueprint.contract.request_examples.values()
    said = [example.get("message") for example in examples if isinstance(example, dict)]
    cues = [opening(conversation.turns[0].cue) for conversation in state.shop.script.conversations.values()]
    return list(dict.fromkeys(text for text in (*said, *cues) if isinstance(text, str)))


def _conversations(state: State) -> list[dict[str, Any]]:
    return [
        {
            "name": conversation.name,
            "about": conversation.about,
            "opening": opening(conversation.turns[0].cue),
            "turns": [
                {"shopper": shown_cue(turn.cue), "reply": turn.reply, "items": list(turn.item_ids)}
                for turn in conversation.turns
            ],
        }
        for conversation in state.shop.script.conversations.values()
    ]


def _json(value: Any) -> Response:
    return Response(to_json(value), mimetype=JSON)
