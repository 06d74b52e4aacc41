"""The mock as a Flask application: routes, errors as JSON, CORS.

When the mock is served, :mod:`mock_server.server.asgi` answers the operation and hands everything else to this
application. A test holds both to the same responses.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from mock_server.control.api import control_routes
from mock_server.control.current import current_space, find_space, under_spaces
from mock_server.control.description import describe
from mock_server.control.health import health_json
from mock_server.control.pages import page_routes
from mock_server.control.responses import as_response
from mock_server.http.bodies import read_wsgi_body
from mock_server.http.cors import headers_for, preflight
from mock_server.http.faults import Ending, delivery_of
from mock_server.http.messages import JSON, OWN_PREFIX, Answer, Call, encode, gather, head_of
from mock_server.http.source import ReplySource, Source
from mock_server.loading.load import read_snapshot
from mock_server.loading.snapshot import Snapshot
from mock_server.respond.service import ChatService, store_unavailable, too_many_spaces
from mock_server.respond.space import Space
from mock_server.store.status import StoreError, TooManySpacesError

if TYPE_CHECKING:
    from werkzeug.sansio.response import Response as AnyResponse

_OPERATION = "the operation"
_OWN_METHODS = "GET, PUT, POST, DELETE"


def create_app(snapshot: Snapshot | None = None, *, service: ChatService | None = None) -> Flask:
    """Build the mock from a snapshot, by default from the bundled contract and fixtures.

    ``service`` is one that the ASGI adapter uses as well. Raises :class:`chat_contract.KitError` if the contract or
    the fixtures cannot be served.
    """
    if service is None:
        service = ChatService(snapshot or read_snapshot())
    served = service.snapshot
    app = Flask("mock_server", static_folder=None)
    # Flask's own response to OPTIONS would be an empty HTML page.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # The contract has one spelling of its path, and no document describes a redirect to it.
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
    app.register_error_handler(StoreError, lambda error: as_response(store_unavailable(error)))
    app.register_error_handler(TooManySpacesError, lambda _: as_response(too_many_spaces(served.options)))
    app.before_request(_refuse_slashes)
    app.wsgi_app = under_spaces(app.wsgi_app)  # type: ignore[method-assign, assignment]
    _add_cross_origin(app, service)
    app.after_request(_without_type_of_empty_body)
    app.after_request(lambda response: _noted(service, response))
    return app


def _path() -> str:
    """Return the path as the client sent it; Flask's own takes //v1/chat for /v1/chat."""
    return str(request.environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")


def _refuse_slashes() -> AnyResponse | None:
    path = _path()
    if not path.startswith("//"):
        return None
    detail = f"Not Found: the path begins with more than one slash. Request /{path.lstrip('/')[:200]} instead."
    return Response(encode({"detail": detail}), 404, mimetype=JSON)


def _answered(service: ChatService) -> Response:
    options = service.snapshot.options
    body = read_wsgi_body(request.environ, options.max_body)
    answer = service.answer(Call(_headers(), body.data, body.too_large, body.cut_short), current_space(service))
    return _rendered(answer, options.max_hang)


def _headers() -> dict[str, str]:
    return gather((name.lower(), value) for name, value in request.headers.items())


def _rendered(answer: Answer, max_hang: float) -> Response:
    if answer.delay:
        time.sleep(answer.delay)
    body: Any = answer.body if answer.fault is None else _faulty_body(answer, max_hang)
    response = Response(body, answer.status)
    response.headers = Headers(head_of(answer))
    return response


def _faulty_body(answer: Answer, max_hang: float) -> Iterator[bytes]:
    """Yield the part of the body that the fault lets through. WSGI cannot reset connections: an exception ends it."""
    delivery = delivery_of(answer)
    for pause, piece in delivery.pieces():
        time.sleep(pause)
        yield piece
    if delivery.ending is Ending.HANG:
        time.sleep(max_hang)
    if delivery.ending is not Ending.COMPLETE:
        raise ConnectionAbortedError(f"fault={answer.fault}")


def _add_documents(app: Flask, service: ChatService) -> None:
    def address() -> str:
        """Return the base URL of the operation as the client wrote it, in its space."""
        return request.url_root.rstrip("/") + (service.snapshot.contract.operation.base_path or "/")

    def health() -> Response:
        return Response(encode(health_json(service.snapshot.status, service.store_health())), mimetype=JSON)

    def openapi_json() -> Response:
        return Response(service.snapshot.document_json(address()), mimetype=JSON)

    def openapi_yaml() -> Response:
        return Response(service.snapshot.document_yaml(address()), mimetype="application/yaml")

    def control_json() -> Response:
        return Response(encode(describe()), mimetype=JSON)

    for name, view in (
        ("health", health),
        ("openapi.json", openapi_json),
        ("openapi.yaml", openapi_yaml),
        ("control.json", control_json),
    ):
        app.add_url_rule(f"{OWN_PREFIX}/{name}", endpoint=f"own {name}", view_func=view, methods=["GET"])


def _add_cross_origin(app: Flask, service: ChatService) -> None:
    snapshot = service.snapshot
    allowed = snapshot.options.cors_origins

    @app.before_request
    def answer_preflight() -> Response | None:
        own = request.path.startswith(f"{OWN_PREFIX}/")
        answer = preflight(request.method, _headers(), allowed, _OWN_METHODS if own else snapshot.method)
        return None if answer is None else _rendered(answer, 0)

    @app.before_request
    def check_host() -> Response | None:
        own = request.path.startswith(f"{OWN_PREFIX}/") and request.method != "OPTIONS"
        denied = snapshot.options.access.check_pages(_headers()) if own else None
        return None if denied is None else _rendered(denied.answer, 0)

    @app.after_request
    def readable(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin is not None and "Vary" not in response.headers:
            response.headers.extend(list(headers_for(origin, allowed)))
        return response


def _without_type_of_empty_body(response: Response) -> Response:
    if response.status_code in (204, 308):
        response.headers.pop("Content-Type", None)
    return response


def _noted(service: ChatService, response: Response) -> Response:
    """Record requests for paths that are neither the operation nor the mock's own."""
    path = _path()
    answered = request.endpoint == _OPERATION and response.status_code != 405 and not path.startswith("//")
    if not answered and not f"{path}/".startswith(f"{OWN_PREFIX}/"):
        sent = read_wsgi_body(request.environ, service.snapshot.options.max_body)
        body = b"" if response.is_streamed else response.get_data()
        answer = Answer(response.status_code, body, source=Source(ReplySource.ROUTING))
        space = find_space(service)
        if isinstance(space, Space):
            call = Call(_headers(), sent.data, sent.too_large, sent.cut_short)
            service.note_elsewhere(space, request.method, path, call, answer)
    return response


def _as_json(error: HTTPException) -> AnyResponse:
    """Return the error as FastAPI does: JSON with a text as ``detail``."""
    response: Any = error.get_response()
    response.set_data(encode({"detail": error.name}))
    response.mimetype = JSON
    answer: AnyResponse = response
    return answer
