"""Checks the configuration, and that the mock can serve with it: contract, fixtures, ports and store."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import click

from chat_contract import DocumentError, KitError, load_contract
from chat_contract.errors import DocumentsError
from kit_cli.commands.mock import mock
from kit_cli.commands.record import record
from kit_cli.config import ConfigFile, default_map, find_config, leaves, options_of, read_config
from kit_cli.doctor.model import Check, Finding, ok, problem, warning
from kit_cli.installation import installation
from mock_server.loading.load import read_snapshot
from mock_server.loading.options import OPTION_NAMES, Options, read_options
from mock_server.loading.store_location import PASSWORD_VARIABLE
from mock_server.server.listener import check_certificate, open_listener

_PREFIX = "CHAT_CONTRACT_"
_OF_THE_KIT = {"CHAT_CONTRACT_CONFIG", "CHAT_CONTRACT_REQUIRE_ALL", "CHAT_CONTRACT_COMPLETE", PASSWORD_VARIABLE}
_SECONDS = 5.0
"""How long a mock may take to answer, if one uses the port."""
_MOST_BYTES = 65_536


def check_setup(
    config: Path | None, arguments: Sequence[str], folder: Path, environ: Mapping[str, str], commands: dict[str, Any]
) -> Iterator[Finding]:
    """Yield the findings about the configuration, and about a mock that is started with it and these arguments."""
    file, found = check_configuration(config, folder, commands)
    yield from found
    yield from check_environment(environ, commands)
    defaults = {} if file is None else default_map(file, commands)
    mocked = _parameters(mock, arguments, defaults.get("mock", {}))
    if isinstance(mocked, Finding):
        yield mocked
    else:
        yield from check_served(mocked)
        yield check_port("mock", mocked)
    recorded = _parameters(record, (), defaults.get("record", {}))
    yield recorded if isinstance(recorded, Finding) else check_port("record", recorded)


# Configuration --------------------------------------------------------------------------------------------------------


def check_configuration(
    config: Path | None, folder: Path, commands: dict[str, Any]
) -> tuple[ConfigFile | None, list[Finding]]:
    """Read the configuration file and return it, if it is valid, with what to say about it."""
    try:
        file = find_config(folder) if config is None else read_config(config)
        if file is None:
            return None, [ok(Check.CONFIGURATION, "no configuration file")]
        default_map(file, commands)
    except KitError as error:
        return None, list(_documents(Check.CONFIGURATION, error))
    return file, [ok(Check.CONFIGURATION, str(file.path))]


def check_environment(environ: Mapping[str, str], commands: dict[str, Any]) -> Iterator[Finding]:
    """Find variables that look like options of the kit but are not."""
    given = sorted(name for name in environ if name.startswith(_PREFIX) and name not in _OF_THE_KIT)
    known = {
        "_".join((*path, option.name or "")).upper().replace("-", "_")
        for path, command in leaves(commands)
        for option in options_of(command).values()
    }
    for name in given:
        if name.removeprefix(_PREFIX) not in known:
            near = difflib.get_close_matches(name.removeprefix(_PREFIX), known, 1)
            removal = "Remove it; docs/reference/commands.md lists the options."
            fix = f"Did you mean {_PREFIX}{near[0]}?" if near else removal
            yield warning(Check.ENVIRONMENT, f"{name} sets no option of an installed command", fix)
    if not given:
        yield ok(Check.ENVIRONMENT, f"no variable {_PREFIX}… is set")
    elif all(name.removeprefix(_PREFIX) in known for name in given):
        yield ok(Check.ENVIRONMENT, ", ".join(given))


def _parameters(
    command: click.Command, arguments: Sequence[str], defaults: Mapping[str, Any]
) -> Mapping[str, Any] | Finding:
    """Return the values that a command gets, or what is wrong with one of them."""
    prefix = f"{_PREFIX}{(command.name or '').upper()}"
    settings: dict[str, Any] = {"default_map": dict(defaults), "auto_envvar_prefix": prefix}
    try:
        return command.make_context(command.name, list(arguments), **settings).params
    except click.UsageError as error:
        text = f"{command.name}: {error.format_message().rstrip('.')}"
        return problem(Check.CONFIGURATION, text, f"Correct the value; chat-contract config {command.name} shows it.")


# What the mock serves -------------------------------------------------------------------------------------------------


def check_served(given: Mapping[str, Any]) -> Iterator[Finding]:
    """Load the contract and the fixtures as the mock does."""
    try:
        options = _options(given)
        check_certificate(given["tls_cert"], given["tls_key"])
    except KitError as error:
        yield _plain(Check.CONFIGURATION, error)
        return
    try:
        contract = load_contract(options.spec, options.overlays)
    except KitError as error:
        yield from _documents(Check.CONTRACT, error)
        return
    clauses = len(contract.clauses)
    yield ok(Check.CONTRACT, f"{contract.operation.label}, version {contract.version}, {clauses} clauses")
    try:
        snapshot = read_snapshot(options)
    except KitError as error:
        yield from _documents(Check.FIXTURES, error)
        return
    yield check_store(options)
    where = "bundled" if options.fixtures is None else str(options.fixtures)
    yield ok(Check.FIXTURES, f"{where}: {snapshot.fixtures.counts}")


def check_store(options: Options) -> Finding:
    """Say whether the mock can use the store that replicas share."""
    if options.store is None:
        return ok(Check.STORE, "none; the mock keeps its state in its process")
    try:
        from mock_server.store.redis import check_store as check  # noqa: PLC0415 - an extra
    except ImportError as error:
        return problem(Check.STORE, f"--store needs the package {error.name}", installation().advice("redis"))
    try:
        check(options.store, options.conversation_ttl, options.store_timeout)
    except KitError as error:
        return _plain(Check.STORE, error)
    return ok(Check.STORE, f"Redis at {options.store}")


def _options(given: Mapping[str, Any]) -> Options:
    return read_options({name: value for name, value in given.items() if name in OPTION_NAMES})


def _documents(check: Check, error: KitError) -> Iterator[Finding]:
    """Yield a problem for each error in a document."""
    errors: Iterable[KitError] = error.errors if isinstance(error, DocumentsError) else (error,)
    for each in errors:
        if isinstance(each, DocumentError):
            yield problem(check, str(each).split("\n", maxsplit=1)[0], each.hint or "Correct the document.")
        else:
            yield _plain(check, each)


def _plain(check: Check, error: KitError) -> Finding:
    """Return a problem for an error whose last sentence is the fix."""
    text, _, fix = str(error).rpartition(". ")
    return problem(check, text or str(error), fix if text else "Correct the value.")


# Ports ----------------------------------------------------------------------------------------------------------------


def check_port(command: str, given: Mapping[str, Any]) -> Finding:
    """Say whether a command can listen on its port."""
    host, port = given["host"], given["port"]
    place = f"{command}: {host}:{port}"
    try:
        open_listener(host, port).close()
    except KitError as error:
        if _mock_listens(host, port):
            return ok(Check.PORTS, f"{place} is in use by a mock")
        found = _plain(Check.PORTS, error)
        return problem(Check.PORTS, f"{command}: {found.text[:1].lower()}{found.text[1:]}", found.fix)
    return ok(Check.PORTS, f"{place} is free")


def _mock_listens(host: str, port: int) -> bool:
    """Return whether a mock answers at a port in time."""
    connection = HTTPConnection(host, port, timeout=_SECONDS)
    try:
        connection.request("GET", "/_mock/health", headers={"Host": f"127.0.0.1:{port}"})
        body = json.loads(connection.getresponse().read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(body, dict) and "revision" in body
