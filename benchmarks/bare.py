"""A bare ASGI callable on uvicorn: it parses and validates the body, and returns the same reply to every valid request.

No server in Python that does this work costs less. With the port of a Redis, it also runs one script for each request.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from pydantic_core import SchemaValidator, ValidationError, core_schema, from_json, to_json

_TEXT = core_schema.str_schema(strict=True)
_EVENT = core_schema.typed_dict_schema(
    {
        "timestamp": core_schema.typed_dict_field(core_schema.datetime_schema()),
        "type": core_schema.typed_dict_field(_TEXT),
        "item_id": core_schema.typed_dict_field(_TEXT, required=False),
        "description": core_schema.typed_dict_field(_TEXT, required=False),
    }
)
_REQUEST = core_schema.typed_dict_schema(
    {
        "message": core_schema.typed_dict_field(_TEXT),
        "conversation_id": core_schema.typed_dict_field(_TEXT, required=False),
        "session_id": core_schema.typed_dict_field(_TEXT, required=False),
        "user_id": core_schema.typed_dict_field(_TEXT, required=False),
        "events": core_schema.typed_dict_field(core_schema.list_schema(_EVENT), required=False),
        "limit": core_schema.typed_dict_field(core_schema.int_schema(ge=0), required=False),
    }
)
_VALIDATOR = SchemaValidator(_REQUEST)
_ITEMS = [{"item_id": "ST678VG", "title": "A desk", "status": "active", "price": "299.99"}]

_ENTRY = b"x" * 1000
"""About as long as an entry of the journal."""


async def app(_scope: Any, receive: Any, send: Any) -> None:
    """Handle one request."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    status, reply = _reply(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(reply))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reply})


def _reply(body: bytes) -> tuple[int, bytes]:
    try:
        request = _VALIDATOR.validate_python(from_json(body))
    except ValidationError as error:
        return 422, to_json({"detail": error.errors(include_url=False)})
    return 200, to_json({"conversation_id": request.get("conversation_id", "c"), "message": "hi", "items": _ITEMS})


def with_store(port: int) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """Return the callable with one script of Redis for each request, run by the client of redis-py."""
    from redis.asyncio import Redis  # noqa: PLC0415 - the other callable does without it

    store = Redis(host="127.0.0.1", port=port).register_script("return redis.call('SET', KEYS[1], ARGV[1])")

    async def storing(scope: Any, receive: Any, send: Any) -> None:
        await store(keys=["bare"], args=[_ENTRY])
        await app(scope, receive, send)

    return storing


if __name__ == "__main__":
    uvicorn.run(
        with_store(int(sys.argv[2])) if len(sys.argv) > 2 else app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="critical",
        access_log=False,
    )
