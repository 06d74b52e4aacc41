"""The control API, under ``/_mock/``: behaviours, reset, and the journal. Reads requests, decides little."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint as Routes
from flask import Response, request

from mock_server.control.entries import described
from mock_server.control.guard import refusal
from mock_server.control.overview import add_overview
from mock_server.http.bodies import BodyCutShortError, BodyTooLargeError, read_bounded
from mock_server.http.messages import JSON, Answer, encode, gather, problem
from mock_server.overrides.rules import BehaviourError, read_rules
from mock_server.respond.journal import Entry, TooManyFollowersError
from mock_server.respond.service import ChatService, bad_behaviour
from mock_server.validation.parsing import read_json

_MOST_BYTES = 1024 * 1024
_EVENTS = "application/x-ndjson"
_FILTERS = ("conversation", "status", "path", "last")


def control_routes(service: ChatService, prefix: str) -> Routes:
    """Return the routes, which only those whom the guard lets through may use."""
    routes = Routes("control", "mock_server.control.api", url_prefix=prefix)
    options = service.state.blueprint.options

    @routes.before_request
    def guard() -> Response | None:
        if request.method == "OPTIONS":
            return None
        why = refusal(
            gather((name.lower(), value) for name, value in request.headers.items()),
            request.remote_addr,
            token=options.control_token,
            origins=options.cors_origins,
            own_name=options.own_name,
        )
        return None if why is None else as_response(problem(403, "Not allowed to control the mock", why))

    _add_behaviour(routes, service)
    _add_journal(routes, service)
    add_overview(routes, service)
    return routes


def as_response(answer: Answer) -> Response:
    """Render an answer of the mock's own."""
    response = Response(answer.body, answer.status, mimetype=answer.media_type)
    response.headers.extend(list(answer.headers))
    return response


def _json(value: Any, status: int = 200) -> Response:
    return Response(encode(value), status, mimetype=JSON)


def _add_behaviour(routes: Routes, service: ChatService) -> None:
    behaviours = service.behaviours

    def rules() -> Response:
        return _json({"rules": [rule.written() for rule in behaviours.rules]})

    def change(apply: Callable[[list[Any]], None]) -> Response:
        try:
            apply(read_rules(_body(), service.state))
        except BehaviourError as error:
            return as_response(bad_behaviour(error, "There is no such behaviour"))
        except ValueError as error:
            return as_response(problem(400, "The body cannot be read", str(error)))
        return rules()

    def clear() -> Response:
        behaviours.clear()
        return rules()

    def reset() -> Response:
        service.reset()
        return Response(status=204)

    for method, view in {
        "GET": rules,
        "PUT": lambda: change(behaviours.put),
        "POST": lambda: change(behaviours.add),
        "DELETE": clear,
    }.items():
        routes.add_url_rule("/behaviour", f"behaviour {method}", view, methods=[method])
    routes.add_url_rule("/reset", "reset", reset, methods=["POST"])


def _add_journal(routes: Routes, service: ChatService) -> None:
    journal = service.journal

    def entries() -> Response:
        wanted, bad = _filters()
        if bad is not None:
            return bad
        kept = [entry for entry in journal.entries() if _is_wanted(entry, wanted)][-int(wanted.get("last", 0)) :]
        return _json({"requests": [described(entry) for entry in kept]})

    def clear() -> Response:
        journal.clear()
        return Response(status=204)

    def stream() -> Response:
        wanted, bad = _filters()
        if bad is not None:
            return bad
        try:
            following = journal.follow()
        except TooManyFollowersError:
            return as_response(problem(429, "Too many followers", "there are as many as there may be; close one"))
        return Response(_Lines(following, wanted), mimetype=_EVENTS, headers={"Cache-Control": "no-store"})

    routes.add_url_rule("/requests", "requests", entries, methods=["GET"])
    routes.add_url_rule("/requests", "requests DELETE", clear, methods=["DELETE"])
    routes.add_url_rule("/requests/stream", "stream", stream, methods=["GET"])


class _Lines:
    """The journal as lines of JSON; a blank one now and then shows whether anybody still listens."""

    def __init__(self, following: Iterator[Entry | None], wanted: dict[str, str]) -> None:
        self._following = following
        self._wanted = wanted
        self._begun = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._begun:
            # The head goes out at once, so that the follower knows that it follows.
            self._begun = True
            return b"\n"
        entry = next(self._following)
        return encode(described(entry)) + b"\n" if entry is not None and _is_wanted(entry, self._wanted) else b"\n"

    def close(self) -> None:
        close = getattr(self._following, "close", None)
        if close is not None:
            close()


def _filters() -> tuple[dict[str, str], Response | None]:
    given = request.args.to_dict()
    unknown = sorted(set(given) - set(_FILTERS))
    if unknown:
        detail = f"there is no filter {unknown[0]!r}; there is: {', '.join(_FILTERS)}"
        return {}, as_response(problem(400, "There is no such filter", detail, known=_FILTERS))
    status = given.get("status")
    if status is not None and not (status.isascii() and status.isdecimal() and len(status) == 3):
        return {}, as_response(problem(400, "There is no such status", f"status is {status!r}; use one such as 422"))
    last = given.get("last", "1")
    if not (last.isascii() and last.isdecimal() and int(last[:9]) > 0):
        return {}, as_response(problem(400, "There is no such number", f"last is {last!r}; use one such as 50"))
    return given, None


def _is_wanted(entry: Entry, wanted: dict[str, str]) -> bool:
    return (
        wanted.get("conversation", entry.conversation_id) == entry.conversation_id
        and wanted.get("status", str(entry.answer.status)) == str(entry.answer.status)
        and wanted.get("path", entry.path) == entry.path
    )


def _body() -> Any:
    """Return the body as JSON, whatever its media type says; raises :class:`ValueError`."""
    try:
        raw = read_bounded(request.environ, _MOST_BYTES)
    except BodyTooLargeError:
        raise ValueError(f"it is larger than {_MOST_BYTES} bytes") from None
    except BodyCutShortError:
        raise ValueError("it ended before its announced length") from None
    value, fault = read_json(raw)
    if fault is not None:
        raise ValueError(f"it is no JSON: {fault.message} at character {fault.offset}")
    return value
