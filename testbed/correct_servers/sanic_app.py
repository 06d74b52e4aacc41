"""Sanic with msgspec in lax mode: digits in a string are a limit, Unix seconds a timestamp; the first fault only."""

import re
from datetime import datetime

import msgspec
from sanic import HTTPResponse, Request, Sanic, json
from sanic.exceptions import SanicException

from testbed.correct_servers.running import arguments
from testbed.correct_servers.shop import Shop


class Event(msgspec.Struct):
    timestamp: datetime
    type: str
    item_id: str | None = None
    description: str | None = None


class ChatRequest(msgspec.Struct):
    message: str
    conversation_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    events: list[Event] | None = None
    limit: int | None = None


def refuse(message: str) -> HTTPResponse:
    """msgspec reports an error in one sentence: Expected `str`, got `int` - at `$.events[0].type`."""
    text, _, path = message.partition(" - at `$")
    loc = ["body", *(name or int(index) for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path))]
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", text):
        loc.append(missing[1])
    return json({"detail": [{"loc": loc, "msg": text, "type": "validation"}]}, status=422)


def app() -> Sanic:
    server, shop = Sanic("Chat", configure_logging=False), Shop()

    @server.exception(SanicException)
    async def plain(_: Request, error: SanicException) -> HTTPResponse:
        return json({"detail": str(error)}, status=error.status_code, headers=error.headers)

    @server.post("/v1/chat")
    async def chat(request: Request) -> HTTPResponse:
        try:
            body = msgspec.json.decode(request.body, type=ChatRequest, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return refuse(str(error))
        viewed = [event.item_id for event in body.events or []]
        return json(shop.reply(body.message, conversation_id=body.conversation_id, limit=body.limit, viewed=viewed))

    return server


if __name__ == "__main__":
    factory, port = arguments(globals())
    factory().run(host="127.0.0.1", port=port, single_process=True, access_log=False, motd=False)
