"""Flask that answers every request with the same bytes, under the server that the mock runs on."""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask, Response, request
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

_REPLY = b'{"conversation_id":"c","message":"hi","items":[]}'


def load(_target: str) -> Any:
    """Build the application in the worker."""
    app = Flask(__name__)

    @app.post("/v1/chat")
    def chat() -> Response:
        request.get_data()
        return Response(_REPLY, mimetype="application/json")

    return app


if __name__ == "__main__":
    Granian(
        "flask_constant",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        blocking_threads=64,
        log_level=LogLevels.critical,
    ).serve(target_loader=load)
