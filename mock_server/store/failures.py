"""Why Redis did not do what the mock asked for, and what to do about it."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from enum import StrEnum

from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    BusyLoadingError,
    InvalidResponse,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from mock_server.loading.store_location import PASSWORD_VARIABLE


class Cause(StrEnum):
    """The cause of a failure."""

    MEMORY_FULL = "memory-full"
    READ_ONLY = "read-only"
    LOADING = "loading"
    PASSWORD_MISSING = "password-missing"  # noqa: S105 - an id
    PASSWORD_REJECTED = "password-rejected"  # noqa: S105 - an id
    NO_PERMISSION = "no-permission"
    CANNOT_SAVE = "cannot-save"
    BUSY = "busy"
    OTHER_ANSWER = "other-answer"
    CONNECTION_REFUSED = "connection-refused"
    UNKNOWN_HOST = "unknown-host"
    CERTIFICATE_REJECTED = "certificate-rejected"
    CLIENT_CERTIFICATE = "client-certificate"
    TLS_FAILED = "tls-failed"
    CONNECTION_FAILED = "connection-failed"
    INVALID_ANSWER = "invalid-answer"


_KINDS: tuple[tuple[type[RedisError], str, Cause], ...] = (
    (OutOfMemoryError, "OOM", Cause.MEMORY_FULL),
    (ReadOnlyError, "READONLY", Cause.READ_ONLY),
    (BusyLoadingError, "LOADING", Cause.LOADING),
    (AuthenticationWrongNumberOfArgsError, "NOAUTH|Authentication required", Cause.PASSWORD_MISSING),
    (AuthenticationError, "WRONGPASS", Cause.PASSWORD_REJECTED),
    (NoPermissionError, "NOPERM", Cause.NO_PERMISSION),
    (ResponseError, "MISCONF", Cause.CANNOT_SAVE),
    (ResponseError, "BUSY", Cause.BUSY),
)
_TEXTS: Mapping[Cause, str] = {
    Cause.MEMORY_FULL: "its memory is full",
    Cause.READ_ONLY: "it is a read-only replica",
    Cause.LOADING: "it is still loading its data",
    Cause.PASSWORD_MISSING: "it requires a password",
    Cause.PASSWORD_REJECTED: "it rejected the password",
    Cause.NO_PERMISSION: "the user lacks a permission",
    Cause.CANNOT_SAVE: "it cannot save its data",
    Cause.BUSY: "it is busy with a script",
    Cause.CONNECTION_REFUSED: "it refused the connection",
    Cause.UNKNOWN_HOST: "the host is unknown",
    Cause.CERTIFICATE_REJECTED: "its certificate is not trusted",
    Cause.CLIENT_CERTIFICATE: "it rejected the client certificate, or requires one",
    Cause.TLS_FAILED: "the TLS handshake failed",
    Cause.CONNECTION_FAILED: "the connection failed",
    Cause.INVALID_ANSWER: "it sent an invalid answer",
}
# The output replaces what looks like a password or a key in a URL, so these hints contain no complete URL.
_PASSWORD = f"Set it in the environment variable {PASSWORD_VARIABLE}, or write :PASSWORD@ before the host in --store"
_CLIENT_CERTIFICATE = "add the parameters cert=FILE and key=FILE to --store"
_ADDRESS = "Start Redis there, or correct host and port in --store"
_HINTS: Mapping[Cause, str] = {
    Cause.READ_ONLY: "Name the primary in --store",
    Cause.PASSWORD_MISSING: _PASSWORD,
    Cause.PASSWORD_REJECTED: _PASSWORD,
    Cause.CONNECTION_REFUSED: _ADDRESS,
    Cause.UNKNOWN_HOST: _ADDRESS,
    Cause.CERTIFICATE_REJECTED: "Use the host name in the certificate, and name its CA: rediss://HOST?ca-bundle=FILE",
    Cause.CLIENT_CERTIFICATE: f"To name a client certificate, {_CLIENT_CERTIFICATE}",
    Cause.TLS_FAILED: "If Redis expects no TLS on this port, use redis://",
    # A server that misses the client's certificate may close the connection before its reason is read.
    Cause.CONNECTION_FAILED: f"{_ADDRESS}. If Redis expects TLS on this port, use rediss://; if it "
    f"requires a client certificate, {_CLIENT_CERTIFICATE}",
}
_OTHER_HINT = "Correct this in Redis, or use another one"
_REFUSED = re.compile(rf"\bErrno {errno.ECONNREFUSED}\b")
"""asyncio reports a host of several addresses by the texts of their errors alone."""
_CERTIFICATE_ALERT = re.compile(r"ALERT_.*(CERTIFICATE|UNKNOWN_CA)")
"""Redis sends such an alert about the certificate of its client."""
_MAX_TEXT = 200


def reason_of(error: Exception) -> str:
    """Return why Redis did not do what it was asked to, in lower case, without its address."""
    cause = cause_of(error)
    return f'it answered "{str(error)[:_MAX_TEXT]}"' if cause is Cause.OTHER_ANSWER else _TEXTS[cause]


def hint_for(error: Exception) -> str:
    """Return what to do about a failure at the start."""
    return _HINTS.get(cause_of(error), _OTHER_HINT)


def cause_of(error: Exception) -> Cause:
    """Return the cause of an error of the client or of the network."""
    text = str(error)
    for kind, code, cause in _KINDS:
        # Redis 6 wraps the error of a command in that of the script.
        if (isinstance(error, kind) and kind is not ResponseError) or re.search(rf"\b(?:{code})\b", text):
            return cause
    if isinstance(error, ResponseError):
        return Cause.OTHER_ANSWER
    if isinstance(error, InvalidResponse | MemoryError):
        return Cause.INVALID_ANSWER
    return _cause_of_connection(error)


def _cause_of_connection(error: Exception) -> Cause:
    for each in _chain(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            return Cause.CERTIFICATE_REJECTED
        if isinstance(each, ssl.SSLError):
            return Cause.CLIENT_CERTIFICATE if _CERTIFICATE_ALERT.search(each.reason or "") else Cause.TLS_FAILED
        if isinstance(each, socket.gaierror):
            return Cause.UNKNOWN_HOST
        if isinstance(each, ConnectionRefusedError) or _REFUSED.search(str(each)):
            return Cause.CONNECTION_REFUSED
    return Cause.CONNECTION_FAILED


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
