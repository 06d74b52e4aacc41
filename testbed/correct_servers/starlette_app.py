"""Starlette with a JSON Schema of its own: closed objects, null accepted, formats checked."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from testbed.correct_servers.running import run_asgi
from testbed.correct_servers.shop import Shop

TEXT = {"type": ["string", "null"]}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "minLength": 1, "maxLength": 4000},
        "conversation_id": TEXT,
        "session_id": TEXT,
        "user_id": TEXT,
        "events": {"type": ["array", "null"], "maxItems": 100, "items": {"$ref": "#/$defs/event"}},
        "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 20},
    },
    "$defs": {
        "event": {
            "type": "object",
            "additionalProperties": False,
            "required": ["timestamp", "type"],
            "properties": {
                "timestamp": {"type": "string", "format": "date-time"},
                "type": {"type": "string"},
                "item_id": TEXT,
                "description": TEXT,
            },
        }
    },
}
# 5.0 is an integer to JSON Schema, but not here.
INTEGERS = Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)
VALIDATOR = extend(Draft202012Validator, type_checker=INTEGERS)(SCHEMA, format_checker=FormatChecker())


def faults(error: ValidationError) -> Iterator[dict[str, Any]]:
    """Return one entry for each place. A missing or unknown property is a place below the object of the error."""
    loc = ["body", *error.absolute_path]
    if error.validator == "required":
        names = [error.message.split("'")[1]]
    elif error.validator == "additionalProperties":
        names = [name for name in error.instance if name not in error.schema["properties"]]
    else:
        yield {"loc": loc, "msg": f"Breaks {error.validator}", "type": f"{error.validator}_error"}
        return
    for name in names:
        yield {"loc": [*loc, name], "msg": f"Breaks {error.validator}", "type": f"{error.validator}_error"}


def app() -> Starlette:
    shop = Shop(only_matches=True)

    async def chat(request: Request) -> JSONResponse:
        try:
            body = json.loads(await request.body())
        except (ValueError, RecursionError) as error:
            detail = [{"loc": ["body"], "msg": str(error), "type": "json_error"}]
            return JSONResponse({"detail": detail}, 422)
        if detail := [fault for error in VALIDATOR.iter_errors(body) for fault in faults(error)]:
            return JSONResponse({"detail": detail}, 422)
        viewed = [event.get("item_id") for event in body.get("events") or []]
        reply = shop.reply(
            body["message"], conversation_id=body.get("conversation_id"), limit=body.get("limit"), viewed=viewed
        )
        return JSONResponse(reply)

    return Starlette(routes=[Mount("/api/v1", routes=[Route("/chat", chat, methods=["POST"])])])


if __name__ == "__main__":
    run_asgi(globals())
