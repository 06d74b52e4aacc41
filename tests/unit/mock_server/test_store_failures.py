"""Failures of Redis: their causes, also where the client reports only a text, and what to do about them."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
from redis.exceptions import AuthenticationError, OutOfMemoryError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from mock_server.store.failures import Cause, cause_of, hint_for, reason_of

REFUSED = f"[Errno {errno.ECONNREFUSED}] Connect call failed"


def after(origin: OSError) -> RedisConnectionError:
    """Return the client's error for one of the network, as the client raises it."""
    try:
        try:
            raise origin
        except OSError:
            raise RedisConnectionError("Error connecting to it.")  # noqa: B904 - as the client does
    except RedisConnectionError as error:
        return error


def alert(reason: str) -> ssl.SSLError:
    """Return the error of a failed handshake, as OpenSSL raises it."""
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (after(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), Cause.CONNECTION_REFUSED),
        (after(OSError(f"Multiple exceptions: {REFUSED} 'a', {REFUSED} 'b'")), Cause.CONNECTION_REFUSED),
        (after(socket.gaierror(socket.EAI_NONAME, "Name or service not known")), Cause.UNKNOWN_HOST),
        (after(OSError(errno.EHOSTUNREACH, "No route to host")), Cause.CONNECTION_FAILED),
        (after(alert("TLSV13_ALERT_CERTIFICATE_REQUIRED")), Cause.CLIENT_CERTIFICATE),
        (after(alert("TLSV1_ALERT_UNKNOWN_CA")), Cause.CLIENT_CERTIFICATE),
        (after(alert("WRONG_VERSION_NUMBER")), Cause.TLS_FAILED),
        (OutOfMemoryError("command not allowed"), Cause.MEMORY_FULL),
        (ResponseError("Error running script: -OOM command not allowed"), Cause.MEMORY_FULL),
        (AuthenticationError("invalid username-password pair"), Cause.PASSWORD_REJECTED),
        (ResponseError("unknown command"), Cause.OTHER_ANSWER),
    ],
)  # fmt: skip
def test_cause_is_found_in_the_error_or_in_what_led_to_it(error: Exception, cause: Cause) -> None:
    assert cause_of(error) is cause


def test_answer_of_redis_is_shown_in_part() -> None:
    assert reason_of(ResponseError("odd " * 100)) == f'it answered "{"odd " * 50}"'


def test_hint_depends_on_the_cause() -> None:
    assert "--store" in hint_for(after(ConnectionRefusedError()))
    assert "CHAT_CONTRACT_STORE_PASSWORD" in hint_for(AuthenticationError())
    assert hint_for(ResponseError("odd")) == "Correct this in Redis, or use another one"
