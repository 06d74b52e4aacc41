"""Opens the port, checks the certificate, and makes room for connections."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path
from typing import NoReturn

from chat_contract import KitError

BACKLOG = 2048
_SEND_BUFFER = 128 * 1024
_MAX_FILES = 65536
_FILES_ELSEWHERE = 1200
"""Files that connections leave free: for the upstream service, fixtures and modules."""


def check_certificate(certificate: Path | None, key: Path | None) -> None:
    """Raise :class:`KitError` unless the certificate and its key can be used, or neither is given."""
    if certificate is None and key is None:
        return
    if certificate is None or key is None:
        raise KitError("--tls-cert and --tls-key must be used together. Give both, or neither.")
    for path in (certificate, key):
        if not path.is_file():
            raise KitError(f"Cannot read {path}: the file does not exist. Name a PEM file.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        hint = "Give a certificate and its key in PEM format; the key must not have a password."
        raise KitError(f"Cannot serve HTTPS with {certificate} and {key}: {reason}. {hint}") from None


def _no_password() -> NoReturn:
    raise ValueError("the key has a password")


def open_listener(host: str, port: int) -> socket.socket:
    """Listen on a host and port. Raise :class:`KitError` if the port is taken or the host is another machine."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise KitError(f'Cannot listen on the host "{host}": {error}. Name an address of this machine.') from None
    family, *_, name = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    dualstack = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
    try:
        listener = socket.create_server(name, family=family, backlog=BACKLOG, dualstack_ipv6=dualstack)
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        hint = "Stop the other server, or choose another port with --port (0 picks a free one)."
        if error.errno == errno.EADDRNOTAVAIL:
            hint = "Name an address of this machine."
        raise KitError(f"Cannot listen on {host}:{port}: {reason}. {hint}") from None
    # By default, the system itself keeps megabytes of each unread response, and the time limit never sees them.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    return listener


def connections_allowed(wanted: int) -> int:
    """Return how many connections to accept, so that files and other connections can always be opened.

    Allows this process 65,536 open files, or as many as the system lets it have.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILES)
    files = max(soft, files)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, min(wanted, files - min(_FILES_ELSEWHERE, files // 2)))
