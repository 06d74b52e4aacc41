"""Calls the mock's service directly, without HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from mock_server import Options, Snapshot, read_snapshot
from mock_server.http.messages import Answer, Call
from mock_server.respond.service import ChatService, Responded

JSON = "application/json"


def service_of(snapshot: Snapshot) -> ChatService:
    return ChatService(snapshot)


def service_with(**options: Any) -> ChatService:
    return service_of(read_snapshot(Options(**options)))


def decide(service: ChatService, raw: bytes, content_type: str | None = JSON, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        sent["content-type"] = content_type
    responded = service.respond(Call(sent, raw))
    return (responded if isinstance(responded, tuple) else asyncio.run(_awaited(responded(None))))[0]


async def _awaited(responded: Awaitable[Responded]) -> Responded:
    return await responded
