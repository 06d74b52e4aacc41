"""The space that a request of Flask is for, and the WSGI middleware that finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import abort, request

from mock_server.control.responses import as_response
from mock_server.http.messages import Answer, gather
from mock_server.http.space_path import SPACE_NAME, SPACES, split_space_path
from mock_server.respond.service import ChatService
from mock_server.respond.space import Space

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def under_spaces(application: Application) -> Application:
    """Serve the application below the prefix of each space too."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        below = split_space_path(environ["PATH_INFO"])
        if below is not None:
            environ["SCRIPT_NAME"] = f"{environ['SCRIPT_NAME']}{SPACES}/{below.name}"
            environ["PATH_INFO"] = below.path
            environ[SPACE_NAME] = below.name
        return application(environ, start_response)

    return serve


def find_space(service: ChatService) -> Space | Answer:
    """Return the space of the current request, or the response that says why there is none."""
    name = request.environ.get(SPACE_NAME)
    if name is None:
        return service.space
    headers = gather((name.lower(), value) for name, value in request.headers.items())
    return service.enter(name, headers, request.remote_addr)


def current_space(service: ChatService) -> Space:
    """Return the space of the current request. If there is none, end the request with the response that says why."""
    space = find_space(service)
    if isinstance(space, Answer):
        abort(as_response(space))
    return space
