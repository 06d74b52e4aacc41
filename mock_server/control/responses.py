"""The mock's own responses in Flask."""

from __future__ import annotations

from typing import Any

from flask import Response

from mock_server.http.messages import JSON, Answer, encode


def as_response(answer: Answer) -> Response:
    """Return one of the mock's own responses as a Flask response."""
    response = Response(answer.body, answer.status, mimetype=answer.media_type)
    response.headers.extend(list(answer.headers))
    return response


def json_response(value: Any, status: int = 200) -> Response:
    """Return a value as JSON."""
    return Response(encode(value), status, mimetype=JSON)
