"""Bottle on wsgiref, a table of checks: the first fault ends it, and locations are paths inside the JSON."""

import json
from collections.abc import Callable
from datetime import datetime
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from bottle import Bottle, HTTPResponse, request, response

from testbed.correct_servers.running import arguments
from testbed.correct_servers.shop import Shop

Check = Callable[[Any, tuple[str | int, ...]], Any]


class Refused(Exception):
    def __init__(self, path: tuple[str | int, ...], kind: str) -> None:
        super().__init__(kind)
        self.path, self.kind = path, kind


def text(value: Any, path: tuple[str | int, ...]) -> str:
    if not isinstance(value, str):
        raise Refused(path, "not_text")
    return value


def moment(value: Any, path: tuple[str | int, ...]) -> datetime:
    try:
        return datetime.fromisoformat(text(value, path))
    except ValueError as error:
        raise Refused(path, "not_a_moment") from error


def whole_number(value: Any, path: tuple[str | int, ...]) -> int:
    """5, 5.0 and "5" are five."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return int(value)
    raise Refused(path, "not_a_whole_number")


def record(required: dict[str, Check], optional: dict[str, Check]) -> Check:
    def check(value: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused(path, "not_an_object")
        if absent := required.keys() - value.keys():
            raise Refused((*path, min(absent)), "missing")
        checks = required | optional
        return {
            name: checks[name](part, (*path, name))
            for name, part in value.items()
            if name in checks and not (part is None and name in optional)
        }

    return check


def sequence(check_one: Check, most: int) -> Check:
    def check(value: Any, path: tuple[str | int, ...]) -> list[Any]:
        if not isinstance(value, list):
            raise Refused(path, "not_an_array")
        if len(value) > most:
            raise Refused(path, "too_many")
        return [check_one(part, (*path, index)) for index, part in enumerate(value)]

    return check


event = record({"timestamp": moment, "type": text}, {"item_id": text, "description": text})
chat_request = record(
    {"message": text},
    {
        "conversation_id": text,
        "session_id": text,
        "user_id": text,
        "events": sequence(event, 200),
        "limit": whole_number,
    },
)


def app() -> Bottle:
    application, shop = Bottle(), Shop()

    def refuse(path: tuple[str | int, ...], kind: str) -> HTTPResponse:
        fault = {"loc": list(path) or ["body"], "msg": kind.replace("_", " "), "type": kind}
        return HTTPResponse(json.dumps({"detail": [fault]}), 422, {"Content-Type": "application/json"})

    @application.hook("before_request")
    def read_all() -> None:
        """What is left unread would reset the connection."""
        request.body.read()

    @application.post("/v1/chat")
    def chat() -> Any:
        request.body.seek(0)
        try:
            chat = chat_request(json.loads(request.body.read()), ())
        except (ValueError, RecursionError):
            return refuse((), "not_json")
        except Refused as refused:
            return refuse(refused.path, refused.kind)
        viewed = [one.get("item_id") for one in chat.get("events", [])]
        response.content_type = "application/json"
        return json.dumps(
            shop.reply(
                chat["message"],
                conversation_id=chat.get("conversation_id"),
                limit=chat.get("limit"),
                viewed=viewed,
            )
        )

    return application


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    factory, port = arguments(globals())
    make_server("127.0.0.1", port, factory(), server_class=Threads, handler_class=Quiet).serve_forever()
