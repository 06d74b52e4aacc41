"""The connection to Redis: one for each process, on its event loop. Calls that wait at the same time go together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hiredis import pack_command
from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import InvalidResponse, NoScriptError, RedisError, ResponseError

from mock_server.loading.store_location import Location
from mock_server.store.failures import reason_of
from mock_server.store.parser import BoundedParser
from mock_server.store.scripts import ALL, FORMAT, Script
from mock_server.store.status import StoreError, StoreStatus

Argument = bytes | str | int | float
_Command = tuple[Argument, ...]

_SECONDS_TO_RECOVER = 1.0
"""Redis counts as available after this time without a failure: a full Redis fails only some of the calls."""

_EMPTY = ""
"""The password of a client key: with none at all, OpenSSL would ask for one on the terminal."""


class Link:
    """Runs scripts. A call that takes too long, or that Redis does not take, raises :class:`StoreError`."""

    def __init__(self, location: Location, seconds: float, on_change: Callable[[StoreStatus], None]) -> None:
        """``seconds`` limits each call; ``on_change`` gets the status whenever Redis goes away or comes back."""
        self._location = location
        self._seconds = seconds
        self._on_change = on_change
        self._connection = connection_to(location)
        self._keys = (f"{location.prefix}:{FORMAT}", f"{location.prefix}:format")
        self._waiting: list[tuple[_Command, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        self._failed_at = 0.0
        self.status = StoreStatus()

    async def call(self, script: Script, *arguments: Argument) -> Sequence[Any]:
        """Return what a script returns. Raise :class:`StoreError`."""
        command = ("EVALSHA", script.digest, 2, *self._keys, *arguments)
        try:
            answer = await self._again_without_scripts(command)
            if not script.returns(answer):
                await self._connection.disconnect(nowait=True)
                raise InvalidResponse("not an answer of this script")
        except (RedisError, OSError, MemoryError) as error:
            raise self._failed(error) from None
        if self.status.reason is not None and asyncio.get_running_loop().time() - self._failed_at > _SECONDS_TO_RECOVER:
            self._set(None)
        return answer

    async def _again_without_scripts(self, command: _Command) -> Sequence[Any]:
        try:
            return await self._queued(command)
        except NoScriptError:
            # Somebody has removed the scripts. None of ours ran, so sending the call again is safe.
            await self._connection.disconnect(nowait=True)
        return await self._queued(command)

    def slow(self) -> StoreError:
        """Return the error of a request that waited too long."""
        return StoreError(f"Redis at {self._location} is not available: {self._reason(TimeoutError())}.")

    async def _queued(self, command: _Command) -> Sequence[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        result: Sequence[Any] = await future
        return result

    def _failed(self, error: Exception) -> StoreError:
        reason = self._reason(error)
        self._set(reason)
        return StoreError(f"Redis at {self._location} is not available: {reason}.")

    def _reason(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"it did not respond within {self._seconds:g} s"
        return reason_of(error)

    def _set(self, reason: str | None) -> None:
        self._failed_at = asyncio.get_running_loop().time()
        if reason != self.status.reason:
            self.status = StoreStatus(reason)
            self._on_change(self.status)

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                async with asyncio.timeout(self._seconds):
                    await self._exchange(batch)
            except (TimeoutError, RedisError, OSError, MemoryError) as error:
                await self._connection.disconnect(nowait=True)
                self._set(self._reason(error))
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
        self._task = None

    async def _exchange(self, batch: Sequence[tuple[_Command, asyncio.Future[Any]]]) -> None:
        connection = self._connection
        if connection.is_connected and await connection.can_read():
            # Redis has closed it, or sent what nobody asked for.
            await connection.disconnect(nowait=True)
        if not connection.is_connected:
            await connect(connection)
        # The packer of redis-py takes ten times as long.
        packed = b"".join(pack_command(command) for command, _ in batch)  # type: ignore[arg-type]  # any length
        await connection.send_packed_command(packed, check_health=False)
        for _, future in batch:
            try:
                result = await connection.read_response()
            except ResponseError as error:
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(result)

    async def close(self) -> None:
        """Close the connection."""
        if self._task is not None:
            self._task.cancel()
        await self._connection.disconnect(nowait=True)


def connection_to(location: Location) -> Connection:
    """Return a connection that is not open yet."""
    options: dict[str, Any] = {
        "parser_class": BoundedParser,
        "host": location.host,
        "port": location.port,
        "db": location.database,
        "username": location.username,
        "password": location.password,
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": None,
        "socket_connect_timeout": None,
        "client_name": "chat-contract",
    }
    if location.tls is None:
        return Connection(**options)
    tls = location.tls
    return SSLConnection(
        ssl_ca_certs=_name(tls.ca_bundle),
        ssl_certfile=_name(tls.cert),
        ssl_keyfile=_name(tls.key or tls.cert),
        ssl_password=_EMPTY,
        **options,
    )


def _name(file: Path | None) -> str | None:
    return None if file is None else str(file)


async def connect(connection: Connection) -> None:
    """Open the connection, and load the scripts."""
    await connection.connect()  # type: ignore[no-untyped-call]  # of redis
    await load_scripts(connection)


async def load_scripts(connection: Connection) -> None:
    """Load the scripts, which Redis then knows by their digests."""
    packed = connection.pack_commands([("SCRIPT", "LOAD", script.text) for script in ALL])
    await connection.send_packed_command(packed, check_health=False)
    for _ in ALL:
        await connection.read_response()
