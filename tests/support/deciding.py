"""Asks the mock's decision itself, without a door."""

from __future__ import annotations

from typing import Any

from mock_server import Blueprint, Options, read_blueprint
from mock_server.http.messages import Answer, Call
from mock_server.loading.snapshot import State
from mock_server.respond.service import ChatService

JSON = "application/json"


def service_of(blueprint: Blueprint) -> ChatService:
    return ChatService(State.from_blueprint(blueprint))


def service_with(**options: Any) -> ChatService:
    return service_of(read_blueprint(Options(**options)))


def decide(service: ChatService, raw: bytes, content_type: str | None = JSON, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        sent["content-type"] = content_type
    return service.answer(Call(sent, raw))
