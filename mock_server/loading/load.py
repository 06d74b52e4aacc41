"""Gathers what the mock serves: the contract's part of it, and the fixtures.

The only module of the mock that reads files, through those that know each kind. A blueprint is plain data, so the
server can hand it to its worker.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from chat_contract import Contract, KitError, Operation, load_contract
from chat_contract.resources import fixtures_dir
from mock_server.loading.fingerprint import Stamp, stamp
from mock_server.loading.options import Options
from mock_server.shop.fixture_files import Fixtures, read_fixtures
from mock_server.validation.leniency import Latitude, read_latitude

_ITEMS_WHEN_NOT_SAID = 4


@dataclass(frozen=True)
class Blueprint:
    """Everything an application is built from. ``stamp`` is that of the files, taken before they were read."""

    stamp: Stamp
    contract: Contract
    method: str
    path: str
    """The operation's own path, below the base path of a server."""
    route: str
    request_schema: Mapping[str, Any]
    response_schemas: Mapping[int, Mapping[str, Any]]
    examples: Mapping[int, Mapping[str, Any]]
    document: Mapping[str, Any]
    fixtures: Fixtures
    default_limit: int
    latitude: Latitude
    options: Options


def read_blueprint(options: Options = Options()) -> Blueprint:  # noqa: B008 - frozen
    """Read the contract and the fixtures, by default those that come with the kit.

    Raises :class:`KitError` whenever one of them cannot be served.
    """
    before = stamp(options)
    contract = load_contract(options.spec, options.overlays)
    operation = contract.operation
    try:
        response_schema = contract.response_schema(200)
    except KeyError:
        raise KitError(
            f"the contract documents no JSON body for 200 of {operation.label}, so the mock has nothing to answer"
        ) from None
    request_schema = contract.schemas["documented"]
    return Blueprint(
        stamp=before,
        contract=contract,
        method=operation.method,
        path=operation.path,
        route=_route(operation),
        request_schema=request_schema,
        response_schemas=dict(contract.response_schemas),
        examples={status: dict(examples) for status, examples in contract.response_examples.items()},
        document=copy.deepcopy(dict(contract.document)),
        fixtures=read_fixtures(options.fixtures or fixtures_dir(), response_schema),
        default_limit=_default_limit(request_schema),
        latitude=read_latitude(options.latitude, contract),
        options=options,
    )


def _route(operation: Operation) -> str:
    """Return the path to serve; one with a variable in it has none."""
    route = "/" + unquote(f"{operation.base_path}{operation.path}").lstrip("/")
    if any(sign in route for sign in "{}<>"):
        raise KitError(
            f"the mock cannot serve the path {route}, which holds a variable; "
            "write it out by an overlay for the server's url or the path, and pass it with --overlay"
        )
    if route.startswith("/_mock/"):
        raise KitError(f"the mock cannot serve the path {route}: what begins with /_mock/ is its own")
    return route


def _default_limit(request_schema: Mapping[str, Any]) -> int:
    limit = request_schema.get("properties", {}).get("limit", {})
    default = limit.get("default", _ITEMS_WHEN_NOT_SAID) if isinstance(limit, Mapping) else _ITEMS_WHEN_NOT_SAID
    return default if isinstance(default, int) else _ITEMS_WHEN_NOT_SAID
