"""Flask twice: with every check written by hand, and with a JSON Schema."""

import json
import re
from datetime import datetime
from typing import Any

from flask import Flask, Response, jsonify, request
from jsonschema import Draft7Validator

from testbed.correct_servers.running import run_werkzeug
from testbed.correct_servers.shop import Shop


def json_errors(app: Flask) -> None:
    @app.errorhandler(404)
    @app.errorhandler(405)
    def plain(error: Any) -> Any:
        response = error.get_response()
        response.set_data(json.dumps({"detail": error.name}))
        response.content_type = "application/json"
        return response


def by_hand() -> Flask:
    """Ifs and isinstance: strict about types, null counts as absent, timestamps in Python's ISO 8601."""
    app, shop = Flask(__name__), Shop()
    app.json.ensure_ascii = False
    json_errors(app)

    def optional_string(holder: dict[str, Any], name: str, loc: list[Any], faults: list[dict[str, Any]]) -> None:
        value = holder.get(name)
        if value is not None and not isinstance(value, str):
            faults.append({"loc": [*loc, name], "msg": "must be a string", "type": "type_error.str"})

    def check_event(event: Any, loc: list[Any], faults: list[dict[str, Any]]) -> None:
        if not isinstance(event, dict):
            faults.append({"loc": loc, "msg": "must be an object", "type": "type_error.object"})
            return
        for name in ("timestamp", "type"):
            if name not in event:
                faults.append({"loc": [*loc, name], "msg": "field required", "type": "value_error.missing"})
            elif not isinstance(event[name], str):
                faults.append({"loc": [*loc, name], "msg": "must be a string", "type": "type_error.str"})
            elif name == "timestamp":
                try:
                    datetime.fromisoformat(event[name])
                except ValueError as error:
                    faults.append({"loc": [*loc, name], "msg": str(error), "type": "value_error.datetime"})
        optional_string(event, "item_id", loc, faults)
        optional_string(event, "description", loc, faults)

    def check(body: Any) -> list[dict[str, Any]]:
        if not isinstance(body, dict):
            return [{"loc": ["body"], "msg": "must be an object", "type": "type_error.object"}]
        faults: list[dict[str, Any]] = []
        if "message" not in body:
            faults.append({"loc": ["body", "message"], "msg": "field required", "type": "value_error.missing"})
        elif not isinstance(body["message"], str):
            faults.append({"loc": ["body", "message"], "msg": "must be a string", "type": "type_error.str"})
        for name in ("conversation_id", "session_id", "user_id"):
            optional_string(body, name, ["body"], faults)
        events = body.get("events")
        if events is not None and not isinstance(events, list):
            faults.append({"loc": ["body", "events"], "msg": "must be an array", "type": "type_error.list"})
        for index, event in enumerate(events if isinstance(events, list) else []):
            check_event(event, ["body", "events", index], faults)
        limit = body.get("limit")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
            faults.append({"loc": ["body", "limit"], "msg": "must be an integer", "type": "type_error.int"})
        elif limit is not None and limit < 0:
            faults.append({"loc": ["body", "limit"], "msg": "must not be negative", "type": "value_error.limit"})
        return faults

    @app.post("/v1/chat")
    def chat() -> tuple[Response, int]:
        try:
            body = json.loads(request.get_data())
        except (ValueError, RecursionError) as error:
            return jsonify(detail=[{"loc": ["body"], "msg": f"not JSON: {error}", "type": "value_error.json"}]), 422
        if faults := check(body):
            return jsonify(detail=faults), 422
        viewed = [event.get("item_id") for event in body.get("events") or []]
        reply = shop.reply(
            body["message"], conversation_id=body.get("conversation_id"), limit=body.get("limit"), viewed=viewed
        )
        return jsonify(reply), 200

    return app


STAMP = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)"
    r"(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": TEXT,
        "conversation_id": TEXT,
        "session_id": TEXT,
        "user_id": TEXT,
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["timestamp", "type"],
                "properties": {
                    "timestamp": {"type": "string", "pattern": f"^{STAMP.pattern}$"},
                    "type": TEXT,
                    "item_id": TEXT,
                    "description": TEXT,
                },
            },
        },
        "limit": {"type": "integer", "maximum": 50},
    },
}


def by_schema() -> Flask:
    """A Draft 7 schema and nothing else (so 5.0 is an integer); unknown conversations are 404."""
    app, shop = Flask(__name__), Shop(only_matches=True)
    json_errors(app)
    validator = Draft7Validator(SCHEMA)

    def no_constant(name: str) -> None:
        raise ValueError(f"{name} is no JSON")

    @app.post("/v1/chat")
    def chat() -> tuple[Response, int]:
        if request.mimetype != "application/json":
            return jsonify(detail="application/json only"), 415
        try:
            body = json.loads(request.get_data().decode("utf-8"), parse_constant=no_constant)
        except (ValueError, RecursionError):
            return jsonify(detail=[{"loc": ["body"], "msg": "Malformed JSON", "type": "json"}]), 422
        faults = []
        for error in validator.iter_errors(body):
            loc = ["body", *error.absolute_path]
            if error.validator == "required":
                loc.append(next(name for name in error.validator_value if f"'{name}'" in error.message))
            faults.append({"loc": loc, "msg": "Rejected by the schema", "type": f"schema.{error.validator}"})
        if faults:
            return jsonify(detail=faults), 422
        known = body.get("conversation_id")
        if known is not None and not shop.knows(known):
            return jsonify(detail="No such conversation"), 404
        viewed = [event.get("item_id") for event in body.get("events", [])]
        limit = body.get("limit")
        reply = shop.reply(
            body["message"], conversation_id=known, limit=None if limit is None else int(limit), viewed=viewed
        )
        return jsonify(reply), 200

    return app


if __name__ == "__main__":
    run_werkzeug(globals())
