"""The standard library alone: http.server, bounds of its own, and null for unknown fields of items."""

import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from testbed.correct_servers.running import arguments
from testbed.correct_servers.shop import Shop

IDENTIFIER = re.compile(r"[!-~]{1,128}")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
SHOP = Shop()


def faults_of(body: Any) -> list[tuple[list[str | int], str]]:
    if not isinstance(body, dict):
        return [([], "is not an object")]
    faults = strings(body, [], {"message": (1, 10_000)}, ("conversation_id", "session_id", "user_id"))
    limit = body.get("limit", 4)
    if type(limit) is not int or not 0 <= limit <= 2**31:
        faults.append((["limit"], "is not an integer of at least 0"))
    events = body.get("events", [])
    if not isinstance(events, list) or len(events) > 20:
        return [*faults, (["events"], "is not an array of at most twenty events")]
    for index, event in enumerate(events):
        here: list[str | int] = ["events", index]
        if not isinstance(event, dict):
            faults.append((here, "is not an object"))
            continue
        faults += strings(
            event, here, {"timestamp": (1, 64), "type": (1, 100)}, ("item_id",), {"description": (0, 5000)}
        )
        timestamp = event.get("timestamp")
        if isinstance(timestamp, str) and 1 <= len(timestamp) <= 64 and not RFC3339.fullmatch(timestamp):
            faults.append(([*here, "timestamp"], "is no RFC 3339 date-time"))
    return faults


def strings(
    holder: dict[str, Any],
    here: list[str | int],
    required: dict[str, tuple[int, int]],
    identifiers: tuple[str, ...],
    optional: dict[str, tuple[int, int]] | None = None,
) -> list[tuple[list[str | int], str]]:
    faults: list[tuple[list[str | int], str]] = []
    for name, (least, most) in (required | (optional or {})).items():
        if name not in holder:
            if name in required:
                faults.append(([*here, name], "is missing"))
        elif not isinstance(holder[name], str):
            faults.append(([*here, name], "is not a string"))
        elif not least <= len(holder[name]) <= most:
            faults.append(([*here, name], f"has not {least} to {most} characters"))
    return faults + [
        ([*here, name], "is not an identifier")
        for name in identifiers
        if name in holder and not (isinstance(holder[name], str) and IDENTIFIER.fullmatch(holder[name]))
    ]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30

    def __getattr__(self, name: str) -> Any:
        """Any method that is not POST."""
        if name.startswith("do_"):
            return self.refuse_method
        raise AttributeError(name)

    def read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, body: Any, **headers: str) -> None:
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def refuse_method(self) -> None:
        self.read_body()
        if self.found():
            self.answer(405, {"detail": "Method Not Allowed"}, Allow="POST")

    def found(self) -> bool:
        if urlsplit(self.path).path == "/chat":
            return True
        self.answer(404, {"detail": "Not Found"})
        return False

    def do_POST(self) -> None:
        try:
            raw = self.read_body()
        except ValueError:
            self.close_connection = True
            return self.answer(400, {"detail": "Bad framing"})
        if not self.found():
            return None
        try:
            body = json.loads(raw.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            return self.answer(422, {"detail": [{"loc": ["body"], "msg": str(error), "type": "syntax"}]})
        if faults := faults_of(body):
            detail = [
                {"loc": ["body", *loc], "msg": f"{(loc or ['body'])[-1]} {what}", "type": "invalid"}
                for loc, what in faults
            ]
            return self.answer(422, {"detail": detail})
        reply = SHOP.reply(
            body["message"],
            conversation_id=body.get("conversation_id"),
            limit=body.get("limit"),
            viewed=[event.get("item_id") for event in body.get("events", [])],
        )
        blank = {"price_currency": "EUR", "metadata": None}
        reply["items"] = [
            {**item, "description": item["description"] if item["price"] > "2" else None} | blank
            for item in reply["items"]
        ]
        return self.answer(HTTPStatus.OK, reply)

    def log_message(self, *_: Any) -> None:
        pass


def app(port: int) -> ThreadingHTTPServer:
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    factory, port = arguments(globals())
    factory(port).serve_forever()
