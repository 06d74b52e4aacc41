"""The control API under ``/_mock/``: rules, reset, journal and spaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Blueprint as Routes
from flask import Response, request

from mock_server.control.current import current_space
from mock_server.control.entries import encoded_entry
from mock_server.control.journal_filter import FILTERS, FilterError, JournalFilter, Judge, read_filter
from mock_server.control.overview import add_overview
from mock_server.control.prepared import prepared
from mock_server.control.responses import as_response, json_response
from mock_server.http.bodies import read_wsgi_body
from mock_server.http.messages import JSON, gather, problem
from mock_server.overrides.delays import Delay
from mock_server.overrides.effective import override_problem
from mock_server.overrides.reading import read_rules
from mock_server.overrides.rules import CONDITION_KEYS, OVERRIDE_KEYS, RULE_KEYS, Body, OverrideError, Rule
from mock_server.respond.service import ChatService
from mock_server.respond.space import Space
from mock_server.store.interface import Requests, RuleSet
from mock_server.store.journal import Entry, TooManyFollowersError
from mock_server.validation.parsing import read_json

_MAX_BODY_BYTES = 1024 * 1024
_MAX_DEPTH = 100
"""Levels of a body. A rule's reply stands inside a response, and encoders refuse what is far deeper."""
_NDJSON = "application/x-ndjson"


def control_routes(service: ChatService, prefix: str) -> Routes:
    """Return the routes of the control API, with the check of who may use it."""
    routes = Routes("control", "mock_server.control.api", url_prefix=prefix)
    access = service.snapshot.options.access

    @routes.before_request
    def guard() -> Response | None:
        if request.method == "OPTIONS":
            return None
        headers = gather((name.lower(), value) for name, value in request.headers.items())
        denied = access.check_control(headers, request.remote_addr)
        if denied is None:
            return None
        return as_response(denied.answer)

    _add_rules(routes, service)
    _add_journal(routes, service)
    _add_spaces(routes, service)
    add_overview(routes, service)
    return routes


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule in the form that the control API accepts."""
    pairs = [
        *((name, getattr(rule.override, name)) for name in OVERRIDE_KEYS),
        *((name, getattr(rule.conditions, name)) for name in CONDITION_KEYS),
        *((name, getattr(rule, name)) for name in RULE_KEYS),
    ]
    return {name: _rule_value(value) for name, value in pairs if value is not None}


def _rule_value(value: Any) -> Any:
    if isinstance(value, Body):
        return value.value
    return str(value) if isinstance(value, Delay) else value


def _add_rules(routes: Routes, service: ChatService) -> None:
    def show() -> Response:
        return json_response({"rules": [rule_json(rule) for rule in current_space(service).state.rules.current]})

    def change(apply: Callable[[RuleSet, list[Rule]], None]) -> Response:
        try:
            apply(current_space(service).state.rules, read_rules(_body(), service.snapshot))
        except OverrideError as error:
            return as_response(override_problem(error, "Invalid rule", "rule key"))
        except BodyError as error:
            return as_response(problem(400, "Invalid request body", str(error)))
        return show()

    def unused() -> Response:
        rules = current_space(service).state.rules.current
        return json_response({"rules": [rule_json(rule) for rule in rules if not rule.used and not rule.optional]})

    def clear() -> Response:
        current_space(service).state.rules.clear()
        return show()

    def reset() -> Response:
        current_space(service).reset()
        return Response(status=204)

    for method, view in {
        "GET": show,
        "PUT": lambda: change(lambda rules, given: rules.put(given)),
        "POST": lambda: change(lambda rules, given: rules.add(given)),
        "DELETE": clear,
    }.items():
        routes.add_url_rule("/behaviour", f"rules {method}", view, methods=[method])
    routes.add_url_rule("/behaviour/unused", "rules unused", unused, methods=["GET"])
    routes.add_url_rule("/reset", "reset", reset, methods=["POST"])


def _add_journal(routes: Routes, service: ChatService) -> None:
    def entries() -> Response:
        wanted = read_filter(request.args.to_dict())
        journal = current_space(service).state.journal
        selected = wanted.select(journal.entries(), _judge_of(journal))
        shown = b",".join([encoded_entry(journal, entry) for entry in selected])
        return Response(b'{"requests":[%b],"dropped":%d}' % (shown, journal.dropped), mimetype=JSON)

    def clear() -> Response:
        current_space(service).state.journal.clear()
        return Response(status=204)

    def stream() -> Response:
        wanted = read_filter(request.args.to_dict())
        journal = current_space(service).state.journal
        try:
            following = journal.follow()
        except TooManyFollowersError:
            count = service.snapshot.options.max_followers
            detail = f"The journal already has {count} followers, the maximum. Close one, or raise --max-followers."
            return as_response(problem(429, "Too many followers", detail))
        lines = _Lines(journal, following, wanted)
        return Response(lines, mimetype=_NDJSON, headers={"Cache-Control": "no-store"})

    @routes.errorhandler(FilterError)
    def invalid_filter(error: FilterError) -> Response:
        return as_response(problem(400, error.title, str(error), valid=FILTERS))

    routes.add_url_rule("/requests", "requests", entries, methods=["GET"])
    routes.add_url_rule("/requests", "requests DELETE", clear, methods=["DELETE"])
    routes.add_url_rule("/requests/stream", "stream", stream, methods=["GET"])


def _add_spaces(routes: Routes, service: ChatService) -> None:
    def show() -> Response:
        return json_response({"spaces": [space_json(space) for space in service.spaces.all()]})

    def delete(name: str) -> Response:
        if service.spaces.delete(name):
            return Response(status=204)
        detail = f'Unknown space "{name[:80]}". GET /_mock/spaces lists the spaces.'
        return as_response(problem(404, "Unknown space", detail))

    routes.add_url_rule("/spaces", "spaces", show, methods=["GET"])
    routes.add_url_rule("/spaces/<name>", "spaces DELETE", delete, methods=["DELETE"])


def space_json(space: Space) -> dict[str, Any]:
    """Return the size of a space as JSON."""
    return {"name": space.name, **space.state.sizes()._asdict()}


def _judge_of(journal: Requests) -> Judge:
    return lambda entry: prepared(journal, entry).verdict


class _Lines:
    """The journal as lines of JSON. Blank lines between them detect clients that are gone."""

    def __init__(self, journal: Requests, following: Iterator[Entry | None], wanted: JournalFilter) -> None:
        self._journal = journal
        self._following = following
        self._wanted = wanted
        self._started = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._started:
            # Send the response head at once, so that the client knows that it receives every new entry.
            self._started = True
            return b"\n"
        entry = next(self._following)
        if entry is None or not self._wanted.matches(entry, _judge_of(self._journal)):
            return b"\n"
        return encoded_entry(self._journal, entry) + b"\n"

    def close(self) -> None:
        close = getattr(self._following, "close", None)
        if close is not None:
            close()


class BodyError(ValueError):
    """The body of a request to the control API is not usable."""


def _body() -> Any:
    """Return the body as JSON, whatever its media type. Raise :class:`BodyError` if it is not JSON."""
    body = read_wsgi_body(request.environ, _MAX_BODY_BYTES)
    if body.too_large:
        raise BodyError(f"The body is larger than {_MAX_BODY_BYTES} bytes.")
    if body.cut_short:
        raise BodyError("The body is shorter than its Content-Length.")
    value, fault = read_json(body.data)
    if fault is not None:
        raise BodyError(f"The body is not valid JSON: {fault.message} at character {fault.offset}.")
    if _is_deeper(value, _MAX_DEPTH):
        raise BodyError(f"The body is nested more than {_MAX_DEPTH} levels deep.")
    return value


def _is_deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth + 1):
        level = [child for one in level if isinstance(one, dict | list) for child in _children(one)]
        if not level:
            return False
    return True


def _children(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
