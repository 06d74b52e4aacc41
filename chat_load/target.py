"""Checks the server before the load: its host must be allowed, and it must respond to one request."""

from __future__ import annotations

import threading
from collections.abc import Collection
from http.client import HTTPException
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import requests

from chat_contract import Contract, Request, UsageError
from chat_contract.exchange import Headers
from chat_contract.roles import MESSAGE
from chat_load.launch import LoadError
from chat_load.plan import Plan
from kit_http.transport import Transport
from kit_http.urls import is_loopback

_STATUSES = frozenset({200, 422, 429})
_SECONDS_FOR_OWN_TIMEOUT = 1.0
"""Time in which the requests library notices an ordinary timeout, before the thread is abandoned."""


def check_host(url: str, allowed: Collection[str]) -> None:
    """Raise :class:`UsageError` for a host that is neither loopback nor allowed."""
    host = (urlsplit(url).hostname or "").lower()
    if not is_loopback(host) and host not in {name.lower() for name in allowed}:
        raise UsageError(
            f"the host {host} is not this machine, and the load can disrupt it. "
            f"If you have permission to load-test it, add --allow-host {host}."
        )


def check_server(plan: Plan, base_url: str, headers: Headers, transport: Transport, timeout: float) -> None:
    """Send one request; raise :class:`LoadError` unless the server has the operation and accepts it."""
    request = plan.request({MESSAGE: plan.conversations[0].turns[0][0]})
    status = _status(request, base_url, headers, transport, timeout)
    if status in _STATUSES:
        return
    where = base_url + request.path
    raise LoadError(f"{where}: status {status} in response to a valid request. {_hint(status, plan.contract)}")


def _status(request: Request, base_url: str, headers: Headers, transport: Transport, timeout: float) -> int:
    """Return the status of the response, whose body is not read. Its head must be complete within the timeout."""
    results: SimpleQueue[int | LoadError] = SimpleQueue()

    def send() -> None:
        try:
            results.put(_sent(request, base_url, headers, transport, timeout))
        except LoadError as error:
            results.put(error)

    # The timeout of requests begins anew with each byte. The thread ends with this process, which then ends.
    threading.Thread(target=send, name="check of the server", daemon=True).start()
    try:
        result = results.get(timeout=timeout + _SECONDS_FOR_OWN_TIMEOUT)
    except Empty:
        result = _too_late(base_url, timeout)
    if isinstance(result, LoadError):
        raise result
    return result


def _sent(request: Request, base_url: str, headers: Headers, transport: Transport, timeout: float) -> int:
    with requests.Session() as session:
        session.trust_env = False
        transport.equip(session)
        try:
            response = session.request(
                request.method,
                base_url + request.path,
                data=request.body,
                headers=dict((*headers, *request.headers)),
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
        except requests.exceptions.SSLError:
            raise LoadError(
                f"{base_url}: the TLS connection failed. Check the scheme, or add --ca-bundle or --cert."
            ) from None
        except requests.exceptions.Timeout:
            raise _too_late(base_url, timeout) from None
        except (requests.exceptions.RequestException, HTTPException):
            raise LoadError(f"{base_url}: no HTTP response. Check that a server listens at this address.") from None
        response.close()
        return response.status_code


def _too_late(base_url: str, timeout: float) -> LoadError:
    return LoadError(f"{base_url}: no response within {timeout:g} s. Check the address or --timeout.")


def _hint(status: int, contract: Contract) -> str:
    if status in {401, 403}:
        return "Pass a credential with --key-env, --token-command or -H."
    if status in {404, 405}:
        return f"Correct BASE_URL: requests go to BASE_URL{contract.operation.path}."
    return "Verify the server first: chat-contract verify BASE_URL."
