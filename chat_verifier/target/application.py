"""Serve an application of this Python process on a free port, so that it can be verified like any server."""

from __future__ import annotations

import http.client
import importlib
import inspect
import logging
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_contract import Contract, KitError, UsageError

Application = Callable[..., Any]

START_SECONDS = 60.0
"""How long an application may take to start."""

USUAL_PORT = 8000
_STOP_SECONDS = 10.0
_HOST = "127.0.0.1"
_POLL_SECONDS = 0.02
_EXAMPLE = "Write it as MODULE:NAME, for example main:app."
_NOT_FOUND = 404


class ApplicationError(KitError):
    """The application cannot be imported or started."""


@dataclass(frozen=True)
class Served:
    """An application that is served. ``base_path``: the path in front of the operation."""

    port: int
    base_path: str

    @property
    def base_url(self) -> str:
        return f"http://{_HOST}:{self.port}{self.base_path}"


def usual_url(base_url: str) -> str:
    """Return the base URL with the port that uvicorn and others use by default, for commands to run later."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.hostname}:{USUAL_PORT}{parts.path}"


def load_application(name: str) -> Application:
    """Import an application by its name, ``module:app``; ``module:create_app`` may also be a factory.

    Raises :class:`UsageError` for a name that does not lead to one, and :class:`ApplicationError` if its module fails.
    """
    module_name, separator, path = name.partition(":")
    if not separator or not module_name or not path:
        raise UsageError(f'--app: invalid name "{name}". {_EXAMPLE}')
    if (folder := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, folder)
    found: Any = _imported(name, module_name)
    for part in path.removesuffix("()").split("."):
        if not hasattr(found, part):
            raise UsageError(f'--app {name}: {module_name} has no attribute "{part}". {_EXAMPLE}')
        found = getattr(found, part)
    if not callable(found):
        raise UsageError(f"--app {name}: expected an ASGI or WSGI application, got {type(found).__name__}. {_EXAMPLE}")
    return _made(name, found) if _is_factory(found) else found


def _imported(name: str, module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            hint = "Check the name, or change to the folder that contains it."
            raise UsageError(f'--app {name}: module "{error.name}" not found in {Path.cwd()}. {hint}') from None
        raise ApplicationError(f"--app {name}: {_failure(error)}") from None
    except Exception as error:  # noqa: BLE001 - a module of the user may raise anything
        raise ApplicationError(f"--app {name}: {_failure(error)}") from None


def _made(name: str, factory: Application) -> Application:
    try:
        made: Application = factory()
    except Exception as error:  # noqa: BLE001 - a function of the user may raise anything
        raise ApplicationError(f"--app {name}: {_failure(error)}") from None
    return made


def _failure(error: BaseException) -> str:
    """Return the error of the user's code on one line, with the last place in it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename and frame.filename != __file__]
    where = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    if isinstance(error, SyntaxError):
        where = f" ({error.filename}:{error.lineno})"
    text = " ".join(str(error).split())
    return f"the import failed with {type(error).__name__}: {text}{where}. Fix it, then verify again."


def _is_factory(found: Application) -> bool:
    """Return whether a call without arguments makes the application."""
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return False
    # A wrapper with *args passes on what it gets, so it is the application itself.
    return inspect.isfunction(found) and all(
        one.default is not one.empty and one.kind is not one.VAR_POSITIONAL for one in parameters
    )


def is_asgi(application: Application) -> bool:
    """Return whether an application is called with ASGI's arguments, and not with those of WSGI."""
    call = application if inspect.isroutine(application) else type(application).__call__
    return inspect.iscoroutinefunction(call)


@contextmanager
def serve_application(application: Application, contract: Contract, base_path: str | None = None) -> Iterator[Served]:
    """Serve the application while the block runs. ``base_path`` None: that of the contract, or none.

    Raises :class:`ApplicationError` if the application does not start.
    """
    with socket.socket() as listening:
        listening.bind((_HOST, 0))
        listening.listen(128)
        port: int = listening.getsockname()[1]
        with _asgi(application, listening) if is_asgi(application) else _wsgi(application, listening):
            yield Served(port, _base_path(port, contract) if base_path is None else base_path.rstrip("/"))


def _base_path(port: int, contract: Contract) -> str:
    """Return where the application has the operation: below the path of the contract, or at its root."""
    for prefix in (contract.operation.base_path, ""):
        connection = http.client.HTTPConnection(_HOST, port, timeout=START_SECONDS)
        try:
            connection.request("GET", prefix + contract.operation.path)
            if connection.getresponse().status != _NOT_FOUND:
                return prefix
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
    return contract.operation.base_path


class _Errors(logging.Handler):
    """Keeps the last error that the server logged."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR and self.formatter is None:
            lines = record.getMessage().strip().splitlines()
            self.last = lines[-1] if lines else self.last


@contextmanager
def _asgi(application: Application, listening: socket.socket) -> Iterator[None]:
    import uvicorn  # noqa: PLC0415 - only --app and the fixture need a server

    server = uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False, lifespan="auto"))
    logger, errors = logging.getLogger("uvicorn.error"), _Errors()
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(errors)

    def serve() -> None:
        # uvicorn ends its thread in this way if the application does not start.
        with suppress(SystemExit):
            server.run(sockets=[listening])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        _wait_until_started(lambda: server.started, thread, errors)
        yield
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        logger.removeHandler(errors)
        logger.propagate = propagates


def _wait_until_started(started: Callable[[], bool], thread: threading.Thread, errors: _Errors) -> None:
    until = time.monotonic() + START_SECONDS
    while not started():
        if not thread.is_alive():
            raise ApplicationError(f"the application does not start: {errors.last or 'its startup failed'}")
        if time.monotonic() > until:
            raise ApplicationError(f"the application does not start within {START_SECONDS:g} s. Check its lifespan.")
        time.sleep(_POLL_SECONDS)


@contextmanager
def _wsgi(application: Application, listening: socket.socket) -> Iterator[None]:
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415 - only WSGI applications need it

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
            pass

    fd = listening.fileno()
    server = make_server(_HOST, 0, application, threaded=True, request_handler=Quiet, fd=fd)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_STOP_SECONDS)
