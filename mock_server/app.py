"""The Flask application, one of two doors: which path leads where, and errors as JSON. Decides nothing about a turn.

The other adapter is :mod:`mock_server.server.front`; a test checks that both respond alike.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from mock_server.control.api import control_routes
from mock_server.control.health import health_json
from mock_server.control.pages import page_routes
from mock_server.http.bodies import BodyCutShortError, BodyTooLargeError, read_bounded
from mock_server.http.cors import headers_for, is_preflight, may_read, preflight_headers
from mock_server.http.faults import pieces
from mock_server.http.messages import JSON, OWN_PREFIX, Answer, Call, encode, gather
from mock_server.http.source import ReplySource, Source
from mock_server.loading.load import read_snapshot
from mock_server.loading.snapshot import Snapshot
from mock_server.respond.service import ChatService

if TYPE_CHECKING:
    from werkzeug.sansio.response import Response as AnyResponse

_OPERATION = "the operation"
_OWN_METHODS = "GET, PUT, POST, DELETE"


def create_app(snapshot: Snapshot | None = None, *, service: ChatService | None = None) -> Flask:
    """Build the mock from a snapshot, by default from the contract and the fixtures that come with the kit.

    ``service`` is one that decides for another door already. Raises :class:`chat_contract.KitError` when contract or
    fixtures cannot be served.
    """
    if service is None:
        service = ChatService(snapshot or read_snapshot())
    served = service.snapshot
    app = Flask("mock_server", static_folder=None)
    # Else Flask would answer OPTIONS with a page that is empty, but a page.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # The contract has one spelling of its path; a redirect to it would be an answer that no document knows.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.add_url_rule(
        served.route,
        _OPERATION,
        lambda: _answered(service),
        methods=[served.method],
        provide_automatic_options=False,
        strict_slashes=True,
    )
    _add_documents(app, service)
    app.register_blueprint(control_routes(service, OWN_PREFIX))
    app.register_blueprint(page_routes(service, OWN_PREFIX))
    app.register_error_handler(HTTPException, _as_json)
    _add_cross_origin(app, service)
    app.after_request(_without_type_of_nothing)
    app.after_request(lambda response: _noted(service, response))
    return app


def _answered(service: ChatService) -> Response:
    headers = _headers()
    try:
        call = Call(headers, read_bounded(request.environ, service.snapshot.options.max_body))
    except BodyTooLargeError:
        call = Call(headers, b"", too_large=True)
    except BodyCutShortError as error:
        call = Call(headers, error.got, cut_short=True)
    return _rendered(service.answer(call))


def _headers() -> dict[str, str]:
    return gather((name.lower(), value) for name, value in request.headers.items())


def _rendered(answer: Answer) -> Response:
    if answer.delay:
        time.sleep(answer.delay)
    body: Any = answer.body if answer.fault is None else _spoilt(answer)
    response = Response(body, answer.status, mimetype=answer.media_type)
    response.headers.extend(list(answer.headers))
    if not answer.body and answer.fault is None:
        del response.headers["Content-Type"]
    if answer.fault is not None:
        response.headers["Content-Length"] = str(max(1, len(answer.body)))
    return response


def _spoilt(answer: Answer) -> Iterator[bytes]:
    for piece in pieces(answer):
        if piece is None:
            raise ConnectionAbortedError("broken off, as a fault asked for")
        chunk, pause = piece
        if pause:
            time.sleep(pause)
        yield chunk


def _add_documents(app: Flask, service: ChatService) -> None:
    def health() -> Response:
        return Response(encode(health_json(service.snapshot.status)), mimetype=JSON)

    def openapi_json() -> Response:
        return Response(service.snapshot.document_json, mimetype=JSON)

    def openapi_yaml() -> Response:
        return Response(service.snapshot.document_yaml, mimetype="application/yaml")

    for name, view in (("health", health), ("openapi.json", openapi_json), ("openapi.yaml", openapi_yaml)):
        app.add_url_rule(f"{OWN_PREFIX}/{name}", endpoint=f"own {name}", view_func=view, methods=["GET"])


def _add_cross_origin(app: Flask, service: ChatService) -> None:
    snapshot = service.snapshot
    allowed = snapshot.options.cors_origins

    @app.before_request
    def preflight() -> Response | None:
        headers = _headers()
        if not is_preflight(request.method, headers):
            return None
        own = request.path.startswith(f"{OWN_PREFIX}/")
        response = Response(status=204)
        if may_read(headers["origin"], allowed):
            methods = _OWN_METHODS if own else snapshot.method
            response.headers.extend(list(preflight_headers(headers, methods)))
        return response

    @app.after_request
    def readable(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin is not None and request.endpoint != _OPERATION:
            response.headers.extend(list(headers_for(origin, allowed)))
        elif origin is not None and "Vary" not in response.headers:
            response.headers.extend(list(headers_for(origin, allowed)))
        return response


def _without_type_of_nothing(response: Response) -> Response:
    if response.status_code == 204:
        response.headers.pop("Content-Type", None)
    return response


def _noted(service: ChatService, response: Response) -> Response:
    """Let the journal know of requests to what is neither the operation nor ours."""
    answered = request.endpoint == _OPERATION and response.status_code != 405
    if not answered and not f"{request.path}/".startswith(f"{OWN_PREFIX}/"):
        body = b"" if response.is_streamed else response.get_data()
        answer = Answer(response.status_code, body, source=Source(ReplySource.ROUTING))
        service.note_elsewhere(request.method, request.path, _headers(), answer)
    return response


def _as_json(error: HTTPException) -> AnyResponse:
    """Answer as FastAPI does: ``detail`` and a string, never a page."""
    response: Any = error.get_response()
    response.set_data(encode({"detail": error.name}))
    response.mimetype = JSON
    answer: AnyResponse = response
    return answer
