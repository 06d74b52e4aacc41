"""The Flask application: which path leads where, and errors as JSON. Decides nothing about a turn."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, UnsupportedMediaType

from mock_server.blueprint import Blueprint, read_blueprint
from mock_server.bodies import BodyCutShortError, BodyTooLargeError, read_bounded
from mock_server.service import ChatService, encode

if TYPE_CHECKING:
    from werkzeug.sansio.response import Response as AnyResponse

JSON = "application/json"
OWN_PREFIX = "/_mock"
"""Everything that is ours and not the API's lives below this path."""


def create_app(blueprint: Blueprint | None = None) -> Flask:
    """Build the mock from a blueprint, by default from the contract and the fixtures that come with the kit.

    Raises :class:`chat_contract.KitError` when these cannot be served.
    """
    blueprint = blueprint or read_blueprint()
    service = ChatService(blueprint)
    app = Flask("mock_server", static_folder=None)
    # The contract has one spelling of its path; a redirect to it would be an answer that no document knows.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False

    def chat() -> Response:
        _refuse_encoded()
        try:
            raw = read_bounded(request.environ, blueprint.max_body)
        except BodyTooLargeError:
            raise RequestEntityTooLarge(f"The body is larger than {blueprint.max_body} bytes.") from None
        except BodyCutShortError as error:
            answer = service.cut_short(error.got)
        else:
            answer = service.answer(request.headers.get("Content-Type"), raw)
        return Response(answer.body, answer.status, mimetype=JSON)

    app.add_url_rule(
        blueprint.route,
        view_func=chat,
        methods=[blueprint.method],
        provide_automatic_options=False,
        strict_slashes=True,
    )
    _add_own(app, blueprint)
    app.register_error_handler(HTTPException, _as_json)
    return app


def _add_own(app: Flask, blueprint: Blueprint) -> None:
    @cache
    def document(form: str) -> bytes:
        if form == "json":
            return encode(blueprint.document)
        return yaml.safe_dump(blueprint.document, sort_keys=False, allow_unicode=True, width=120).encode()

    def health() -> Response:
        return Response(encode({"status": "ok"}), mimetype=JSON)

    def openapi_json() -> Response:
        return Response(document("json"), mimetype=JSON)

    def openapi_yaml() -> Response:
        return Response(document("yaml"), mimetype="application/yaml")

    for name, view in (("health", health), ("openapi.json", openapi_json), ("openapi.yaml", openapi_yaml)):
        app.add_url_rule(f"{OWN_PREFIX}/{name}", endpoint=f"own {name}", view_func=view, methods=["GET"])


def _refuse_encoded() -> None:
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        raise UnsupportedMediaType(f"A body with Content-Encoding {encoding} cannot be read; send it as it is.")


def _as_json(error: HTTPException) -> AnyResponse:
    """Answer as FastAPI does: ``detail`` and a string, never a page."""
    response: Any = error.get_response()
    ours = isinstance(error, RequestEntityTooLarge | UnsupportedMediaType)
    response.set_data(encode({"detail": error.description if ours else error.name}))
    if isinstance(error, UnsupportedMediaType):
        response.headers["Accept-Encoding"] = "identity"
    response.mimetype = JSON
    answer: AnyResponse = response
    return answer
