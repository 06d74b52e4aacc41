"""Tornado, with dataclasses whose types forty lines of its own code check."""

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

from testbed.correct_servers.running import arguments
from testbed.correct_servers.shop import Shop

Loc = list[str | int]


@dataclasses.dataclass
class Event:
    timestamp: str | int | float
    type: str
    item_id: str | None = None
    description: str | None = None


@dataclasses.dataclass
class ChatRequest:
    message: str
    conversation_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    events: list[Event] = dataclasses.field(default_factory=list)
    limit: int = 4


def faults(value: Any, wanted: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if get_origin(wanted) is UnionType:
        if type(value) not in get_args(wanted):
            yield loc, "type"
    elif get_origin(wanted) is list:
        if not isinstance(value, list):
            yield loc, "type"
            return
        for index, one in enumerate(value):
            yield from faults(one, get_args(wanted)[0], [*loc, index])
    elif dataclasses.is_dataclass(wanted):
        if not isinstance(value, dict):
            yield loc, "type"
            return
        hints = get_type_hints(wanted)
        for field in dataclasses.fields(wanted):
            if field.name in value:
                yield from faults(value[field.name], hints[field.name], [*loc, field.name])
            elif field.default is field.default_factory is dataclasses.MISSING:
                yield [*loc, field.name], "required"
    elif type(value) is not wanted:
        yield loc, "type"


class Chat(RequestHandler):
    def initialize(self, shop: Shop) -> None:
        self.shop = shop

    def refuse(self, *what: tuple[Loc, str]) -> None:
        self.set_status(422)
        self.write({"detail": [{"loc": loc, "msg": f"Broken rule: {rule}", "type": rule} for loc, rule in what]})

    async def post(self) -> None:
        try:
            body = json.loads(self.request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            self.refuse((["body"], "json"))
            return
        if found := list(faults(body, ChatRequest, ["body"])):
            self.refuse(*found)
            return
        viewed = [event.get("item_id") for event in body.get("events", [])]
        reply = self.shop.reply(
            body["message"], conversation_id=body.get("conversation_id"), limit=body.get("limit"), viewed=viewed
        )
        self.write(reply)

    def write_error(self, status_code: int, **_: Any) -> None:
        self.finish({"detail": self._reason})


class JsonOnly(Application):
    def find_handler(self, request: HTTPServerRequest, **more: Any) -> Any:
        """Tornado would read forms by itself and refuse broken ones with 400; to us every body is JSON."""
        request.headers.pop("Content-Type", None)
        return super().find_handler(request, **more)


async def app(port: int) -> None:
    JsonOnly([("/v1/chat", Chat, {"shop": Shop()})], log_function=lambda _: None).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    server, port = arguments(globals())
    asyncio.run(server(port))
