"""Falcon behind Tornado's WSGI container, with jsonschema-rs; an unavailable item has no price."""

import json
from typing import Any

import falcon
import jsonschema_rs

from testbed.correct_servers.running import arguments
from testbed.correct_servers.shop import Shop

TEXT = {"type": "string"}
VALIDATOR = jsonschema_rs.Draft7Validator(
    {
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": TEXT,
            "conversation_id": TEXT,
            "session_id": TEXT,
            "user_id": TEXT,
            "limit": {"type": ["integer", "null"], "minimum": 0, "maximum": 1000},
            "events": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["timestamp", "type"],
                    "properties": {
                        "timestamp": {"type": ["string", "number"]},
                        "type": {"type": "string", "minLength": 1},
                        "item_id": TEXT,
                        "description": TEXT,
                    },
                },
            },
        },
    }
)


class ReadAll:
    """Whatever the method and path: what is left unread may reset the connection."""

    def process_request(self, request: falcon.Request, _: falcon.Response) -> None:
        request.context.raw = request.bounded_stream.read()


class Chat:
    def __init__(self) -> None:
        self.shop = Shop()

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        try:
            body = json.loads(request.context.raw)
            faults = [self.fault(error) for error in VALIDATOR.iter_errors(body)]
        except (ValueError, RecursionError) as error:  # not JSON, or nested deeper than either library reads
            return self.refuse(response, [{"loc": ["body"], "msg": str(error), "type": "json_invalid"}])
        if faults:
            return self.refuse(response, faults)
        limit = body.get("limit")
        reply = self.shop.reply(
            body["message"],
            conversation_id=body.get("conversation_id"),
            limit=None if limit is None else int(limit),
            viewed=[event.get("item_id") for event in body.get("events", [])],
        )
        reply["items"] = [
            {name: value for name, value in item.items() if name != "price" or item["status"] == "active"}
            for item in reply["items"]
        ]
        response.media = reply
        return None

    @staticmethod
    def fault(error: jsonschema_rs.ValidationError) -> dict[str, Any]:
        below = [error.kind.property] if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required) else []
        return {"loc": ["body", *error.instance_path, *below], "msg": error.message[:200], "type": error.kind.name}

    @staticmethod
    def refuse(response: falcon.Response, faults: list[dict[str, Any]]) -> None:
        response.status, response.media = 422, {"detail": faults}


def app(*_: Any) -> falcon.App:
    application = falcon.App(middleware=[ReadAll()])
    application.add_route("/v1/chat", Chat())
    return application


if __name__ == "__main__":
    from werkzeug.serving import run_simple

    factory, port = arguments(globals())
    run_simple("127.0.0.1", port, factory(), threaded=True)
