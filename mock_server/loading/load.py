"""Loads a snapshot: the contract's operation and the fixtures, checked and ready to serve."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from chat_contract import Contract, DocumentError, KitError, Operation, load_contract
from chat_contract.errors import DocumentsError
from chat_contract.resources import fixtures_dir
from mock_server.http.messages import OWN_PREFIX
from mock_server.loading.fingerprint import stamp
from mock_server.loading.options import Options
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.status import Status
from mock_server.shop.catalogue import Catalogue
from mock_server.shop.fixture_files import Fixtures, KnownFiles, read_fixtures
from mock_server.shop.replies import Shop
from mock_server.shop.scenarios import Scenarios
from mock_server.validation.fastapi_errors import RequestValidator
from mock_server.validation.leniency import read_leniency

_DEFAULT_LIMIT = 4
"""Maximum number of items if the schema of ``limit`` has no default."""


def read_snapshot(
    options: Options = Options(),  # noqa: B008 - frozen
    *,
    now: Callable[[], float] = time.time,
    known: KnownFiles | None = None,
) -> Snapshot:
    """Load the contract and the fixtures, by default those that ship with the kit.

    ``now`` returns the Unix time. ``known`` is what an earlier snapshot read of the fixtures.
    Raises :class:`KitError` if the contract or a fixture cannot be served.
    """
    before = stamp(options)
    contract = load_contract(options.spec, options.overlays)
    operation = contract.operation
    try:
        response_schema = contract.response_schema(200)
    except KeyError:
        raise KitError(
            f"The contract documents no JSON body for status 200 of {operation.label}. Add its schema; the mock "
            "builds its replies from it."
        ) from None
    request_schema = contract.schemas["documented"]
    leniency = read_leniency(options.latitude, contract)
    fixtures = _fixtures(options, contract, response_schema, known)
    default_limit = _default_limit(request_schema)
    return Snapshot(
        status=Status(now()),
        stamp=before,
        contract=contract,
        method=operation.method,
        path=operation.path,
        route=_route(operation),
        request_schema=request_schema,
        response_schemas=dict(contract.response_schemas),
        examples={status: dict(examples) for status, examples in contract.response_examples.items()},
        document=copy.deepcopy(dict(contract.document)),
        fixtures=fixtures,
        default_limit=default_limit,
        leniency=leniency,
        options=options,
        validator=RequestValidator(request_schema, leniency),
        shop=Shop(
            catalogue=Catalogue(fixtures.items),
            scenarios=Scenarios(fixtures.scenarios, take_turns=fixtures.recorded),
            default_limit=default_limit,
        ),
    )


def _fixtures(
    options: Options, contract: Contract, response_schema: Mapping[str, Any], known: KnownFiles | None
) -> Fixtures:
    """Read the fixtures; the bundled ones are fitted to a user's own document.

    Raises :class:`DocumentError` in the user's document if the bundled ones cannot conform to it.
    """
    if options.fixtures is not None or options.spec is None:
        folder, most = options.fixtures or fixtures_dir(), options.max_fixture_files
        return read_fixtures(folder, response_schema, most=most, known=known)
    try:
        return read_fixtures(fixtures_dir(), response_schema, fit=True)
    except (DocumentError, DocumentsError) as error:
        first = error.errors[0] if isinstance(error, DocumentsError) else error
        place = (*contract.operation.pointer, "responses", "200")
        raise contract.source.error(
            f"the bundled fixtures do not conform to this response: {first.problem}",
            pointer=place,
            value=first.value,
            hint="Pass fixtures that conform with --fixtures DIR.",
        ) from None


def _route(operation: Operation) -> str:
    """Return the path to serve. Raise :class:`KitError` if the mock cannot serve it."""
    route = "/" + unquote(f"{operation.base_path}{operation.path}").lstrip("/")
    if any(sign in route for sign in "{}<>"):
        raise KitError(
            f"Cannot serve the path {route}: it contains a variable. "
            "Replace the variable in the server URL or the path with an overlay (--overlay)."
        )
    if route.startswith(f"{OWN_PREFIX}/"):
        raise KitError(f"Cannot serve the path {route}: paths under {OWN_PREFIX}/ are reserved for the mock.")
    return route


def _default_limit(request_schema: Mapping[str, Any]) -> int:
    limit = request_schema.get("properties", {}).get("limit", {})
    default = limit.get("default", _DEFAULT_LIMIT) if isinstance(limit, Mapping) else _DEFAULT_LIMIT
    return default if isinstance(default, int) else _DEFAULT_LIMIT
