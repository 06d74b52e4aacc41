"""Litestar with msgspec structs; its 400s become 422s in FastAPI's shape."""

import re
from datetime import datetime
from typing import Any

from litestar import Litestar, Request, Response, post
from litestar.exceptions import ClientException, ValidationException
from msgspec import UNSET, Struct, UnsetType

from testbed.correct_servers.running import run_asgi
from testbed.correct_servers.shop import Shop


class Event(Struct):
    timestamp: datetime
    type: str
    item_id: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class ChatRequest(Struct):
    message: str
    conversation_id: str | UnsetType = UNSET
    session_id: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    events: list[Event] = []
    limit: int = 4


def location(key: str, message: str) -> list[str | int]:
    """From msgspec's path, events[0].timestamp, to a list; a missing field is in the message only."""
    loc: list[str | int] = ["body"]
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", "" if key == "data" else key):
        loc.append(name or int(index))
    if missing := re.search(r"missing required field `(\w+)`", message):
        loc.append(missing[1])
    return loc


def invalid(_: Request, error: ValidationException) -> Response:
    faults = [
        {"loc": location(fault["key"], fault["message"]), "msg": fault["message"], "type": "msgspec"}
        for fault in error.extra
    ]
    return Response({"detail": faults}, status_code=422)


def malformed(_: Request, error: ClientException) -> Response:
    if error.status_code != 400:
        return Response({"detail": error.detail}, status_code=error.status_code, headers=error.headers)
    return Response({"detail": [{"loc": ["body"], "msg": error.detail, "type": "json_invalid"}]}, status_code=422)


def app() -> Litestar:
    shop = Shop()

    @post("/v1/chat", status_code=200, sync_to_thread=False)
    def chat(data: ChatRequest) -> dict[str, Any]:
        return shop.reply(
            data.message,
            conversation_id=data.conversation_id or None,
            limit=data.limit,
            viewed=[event.item_id for event in data.events if event.item_id is not UNSET],
        )

    return Litestar(
        [chat], openapi_config=None, exception_handlers={ValidationException: invalid, ClientException: malformed}
    )


if __name__ == "__main__":
    run_asgi(globals())
