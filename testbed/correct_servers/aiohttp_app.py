"""aiohttp with pydantic's first version, whose errors older FastAPI gave: "field required", value_error.missing."""

import json
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic.v1 import BaseModel, StrictInt, StrictStr, ValidationError, validator
from pydantic.v1.errors import DateTimeError, DictError

from testbed.correct_servers.running import arguments
from testbed.correct_servers.shop import Shop


class Strict(BaseModel):
    """Version 1 would take a list of pairs for an object."""

    @classmethod
    def validate(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise DictError
        return super().validate(value)


class Event(Strict):
    timestamp: datetime
    type: StrictStr
    item_id: StrictStr | None = None
    description: StrictStr | None = None

    @validator("timestamp", pre=True)
    def no_boolean(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise DateTimeError
        return value


class ChatRequest(Strict):
    message: StrictStr
    conversation_id: StrictStr | None = None
    session_id: StrictStr | None = None
    user_id: StrictStr | None = None
    events: list[Event] | None = None
    limit: StrictInt | None = 4


def app() -> web.Application:
    shop = Shop()

    def refuse(faults: Any) -> web.Response:
        return web.json_response({"detail": faults}, status=422)

    async def chat(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError) as error:
            return refuse([{"loc": ["body"], "msg": str(error), "type": "value_error.jsondecode"}])
        if not isinstance(body, dict):
            return refuse([{"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}])
        try:
            chat = ChatRequest.parse_obj(body)
        except ValidationError as error:
            return refuse([{**fault, "loc": ["body", *fault["loc"]]} for fault in error.errors()])
        viewed = [event.item_id for event in chat.events or []]
        reply = shop.reply(chat.message, conversation_id=chat.conversation_id, limit=chat.limit, viewed=viewed)
        return web.json_response(reply)

    application = web.Application(client_max_size=8_000_000)
    application.router.add_post("/v1/chat", chat)
    return application


if __name__ == "__main__":
    factory, port = arguments(globals())
    web.run_app(factory(), host="127.0.0.1", port=port, print=None, access_log=None)
