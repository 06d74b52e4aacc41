"""Runs a module of servers as a program: python -m MODULE STYLE PORT."""

import sys
from collections.abc import Mapping
from typing import Any


def arguments(namespace: Mapping[str, Any]) -> tuple[Any, int]:
    """Return the factory (or server function) that the command line names, and the port."""
    style, port = sys.argv[1:]
    return namespace[style], int(port)


def run_asgi(namespace: Mapping[str, Any]) -> None:
    import uvicorn

    factory, port = arguments(namespace)
    uvicorn.run(factory(), host="127.0.0.1", port=port, log_level="warning", access_log=False)


def run_werkzeug(namespace: Mapping[str, Any]) -> None:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            pass

    factory, port = arguments(namespace)
    make_server("127.0.0.1", port, factory(), threaded=True, request_handler=Quiet).serve_forever()
