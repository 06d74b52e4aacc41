"""A bare ASGI callable on uvicorn: it reads the body and returns the same bytes to every request."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

_REPLY = b'{"conversation_id":"c","message":"hi","items":[]}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_REPLY))]


async def app(_scope: Any, receive: Any, send: Any) -> None:
    """Handle one request."""
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _REPLY})


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="critical",
        access_log=False,
    )
