"""The proxy: hands every request on to the service, and its answer back, and lets the recording have both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from chat_contract import Contract
from chat_contract.exchange import Breakdown, Exchange, Request
from chat_contract.exchange import Response as Came
from mock_server.http.bodies import BodyCutShortError, BodyTooLargeError, read_bounded
from mock_server.http.cors import headers_for, is_preflight, may_read, preflight_headers
from mock_server.http.messages import gather, problem
from mock_server.recorder.recording import Recording
from mock_server.respond.upstream import Answered, Upstream, UpstreamError

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
MAX_BODY = 10 * 1024 * 1024


def create_app(
    contract: Contract,
    upstream: Upstream,
    recording: Recording,
    *,
    cors_origins: Sequence[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Flask:
    """Build the proxy: ``/v1/chat`` of it is ``/chat`` of the upstream, where the contract's base path is ``/v1``."""
    app = Flask("recorder", static_folder=None)
    app.url_map.merge_slashes = False
    base = contract.operation.base_path

    def hand_on(path: str) -> Response:
        if any(part in {".", ".."} for part in path.split("/")):
            return _problem(404, "Not Found", "A path that climbs is not handed on.")
        headers = [(name, value) for name, value in request.headers.items()]
        try:
            body = read_bounded(request.environ, MAX_BODY)
        except BodyTooLargeError:
            return _problem(413, "Content Too Large", f"The recorder hands on bodies of up to {MAX_BODY} bytes.")
        except BodyCutShortError:
            return _problem(400, "Bad Request", "The body ended before its announced length.")
        query = request.query_string.decode("latin-1")
        sent = Request(request.method, f"/{path}", tuple(headers), body)
        began = clock()
        try:
            answer = upstream.send(request.method, f"/{quote(path)}" + (f"?{query}" if query else ""), headers, body)
        except UpstreamError as error:
            recording.add(Exchange(sent, Breakdown("silence", str(error))), clock() - began)
            return _problem(502, "Bad Gateway", f"{upstream.base_url} gave no answer: {error}.")
        recording.add(Exchange(sent, Came(answer.status, answer.headers, answer.body)), clock() - began)
        return _back(answer)

    app.add_url_rule(f"{base}/<path:path>", view_func=hand_on, methods=METHODS, provide_automatic_options=False)
    app.register_error_handler(HTTPException, _as_problem)
    _add_cross_origin(app, cors_origins)
    return app


def _back(answer: Answered) -> Response:
    response = Response(answer.body, answer.status)
    del response.headers["Content-Type"]
    for name, value in answer.headers:
        # Who may read the answer in a browser is the recorder's to say: it is the recorder that the page talks to.
        if not name.lower().startswith("access-control-"):
            response.headers.add(name, value)
    return response


def _add_cross_origin(app: Flask, allowed: Sequence[str]) -> None:
    @app.before_request
    def preflight() -> Response | None:
        headers = gather((name.lower(), value) for name, value in request.headers.items())
        if not is_preflight(request.method, headers):
            return None
        response = Response(status=204)
        if may_read(headers["origin"], allowed):
            response.headers.extend(list(preflight_headers(headers, ", ".join(METHODS))))
        return response

    @app.after_request
    def readable(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin is not None:
            response.headers.extend(list(headers_for(origin, allowed)))
        return response


def _as_problem(error: HTTPException) -> Response:
    return _problem(error.code or 500, error.name, "Only what lies below the base path of the contract is handed on.")


def _problem(status: int, title: str, detail: str) -> Response:
    answer = problem(status, title, detail)
    return Response(answer.body, answer.status, mimetype=answer.media_type)
