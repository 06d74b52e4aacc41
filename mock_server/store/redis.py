"""The store of a mock in Redis: its spaces, the replicas that share it, and whether it is available."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import Callable, Coroutine
from concurrent.futures import TimeoutError as WaitTimeoutError
from contextlib import suppress
from typing import Any

from redis.exceptions import InvalidResponse, RedisError

from chat_contract import KitError, __version__
from kit_http.transport import check_certificates
from mock_server.loading.fingerprint import digests
from mock_server.loading.options import Options
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.store_location import EXAMPLE, Location
from mock_server.store.codec import pack, unpack
from mock_server.store.failures import hint_for, reason_of
from mock_server.store.journal import Followers
from mock_server.store.link import Link, connection_to, load_scripts
from mock_server.store.local import SpaceLimits
from mock_server.store.redis_state import Bounds, RedisState
from mock_server.store.scripts import DELETE, FORMAT, REPLICAS, SPACES
from mock_server.store.status import Replica, StoreError, StoreHealth, StoreStatus

_OLDEST = (6, 2)
_SECONDS_TO_START = 5.0
"""How long Redis may take to be checked, if the limit of each call is not longer."""
_SECONDS_BETWEEN_SIGNS = 2.0
_SECONDS_SILENT = 15
"""A replica that gave no sign of life for this long is gone."""
_MOST_FILES = 1000
_VERSION = re.compile(rb"redis_version:([0-9]{1,4})\.([0-9]{1,4})")
_MODE = re.compile(rb"(?:redis|server)_mode:(cluster|sentinel)")


class RedisStore:
    """What the replicas of a mock share. One for each process."""

    def __init__(self, location: Location, snapshot: Snapshot, bounds: Bounds, log: Callable[[str], None]) -> None:
        """``log`` gets a line when Redis goes away or comes back."""
        self.snapshot = snapshot
        self._location = location
        self._bounds = bounds
        self._log = log
        self._seconds = snapshot.options.store_timeout
        self._link = Link(location, self._seconds, self._note)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beat: asyncio.Task[None] | None = None
        self._own = self._describe(f"{socket.gethostname()}-{os.getpid()}")
        self._replicas: tuple[Replica, ...] = ()

    def _describe(self, name: str) -> Replica:
        files = digests(self.snapshot.options)
        return Replica(name, __version__, dict(sorted(files.items())[:_MOST_FILES]))

    def state(self, name: str, options: Options, limits: SpaceLimits, followers: Followers) -> RedisState:
        """Return the state of a space."""
        return RedisState(
            *(name, self._link, options, limits, self._bounds),
            followers=followers,
            snapshot=lambda: self.snapshot,
            wait=self.wait,
            seconds=self._seconds,
        )

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine on the event loop for a thread. Raise :class:`StoreError` if that takes too long."""
        if self._loop is None:
            work.close()
            raise StoreError("The mock has not started, or is stopping.")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(2 * self._seconds)
        except WaitTimeoutError:
            future.cancel()
            raise StoreError(f"Redis at {self._location} did not respond within {2 * self._seconds:g} s.") from None

    def names(self) -> list[str]:
        """Return the names of the spaces, for a thread."""
        _, names = self.wait(self._link.call(SPACES))
        return sorted(name.decode() for name in names)

    def delete(self, name: str) -> bool:
        """Delete a space with all its state, for a thread, and return whether it existed."""
        _, deleted = self.wait(self._link.call(DELETE, name))
        return bool(deleted)

    # Replicas ---------------------------------------------------------------------------------------------------------

    def serve(self, snapshot: Snapshot) -> None:
        """Tell the other replicas what this one serves from now on."""
        self.snapshot = snapshot
        self._own = self._describe(self._own.name)

    async def start(self) -> None:
        """Begin to tell the other replicas that this one exists. Called on the event loop."""
        self._loop = asyncio.get_running_loop()
        self._beat = asyncio.create_task(self._give_signs())

    async def _give_signs(self) -> None:
        while True:
            with suppress(StoreError):
                await self._give_sign(pack({"version": self._own.version, "files": self._own.files}))
            await asyncio.sleep(_SECONDS_BETWEEN_SIGNS)

    async def _give_sign(self, sign: bytes) -> None:
        ttl = self._bounds.conversation_ttl
        status, found = await self._link.call(REPLICAS, ttl, FORMAT, self._own.name, sign, _SECONDS_SILENT)
        if status == b"ok":
            signs = dict(zip(found[::2], found[1::2], strict=True))
            self._replicas = tuple(_replica(name.decode(), unpack(text)) for name, text in sorted(signs.items()))

    async def close(self) -> None:
        """Tell the other replicas that this one ends, and close the connection."""
        self._loop = None
        if self._beat is not None:
            self._beat.cancel()
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(min(self._seconds, 0.2)):
                    await self._give_sign(b"")
        await self._link.close()

    def health(self) -> StoreHealth:
        """Return whether the store is available, and which replicas serve other files."""
        others = [replica for replica in self._replicas if replica.name != self._own.name]
        differing = {replica.name: self._own.differs_from(replica) for replica in others}
        return StoreHealth(
            address=str(self._location),
            prefix=self._location.prefix,
            reason=self._link.status.reason,
            replica=self._own.name,
            replicas=tuple(replica.name for replica in self._replicas),
            differing={name: tuple(files) for name, files in differing.items() if files},
        )

    def _note(self, status: StoreStatus) -> None:
        if status.reason is None:
            self._log(f"Redis at {self._location} is available again.")
        else:
            self._log(
                f"Redis at {self._location} is not available: {status.reason}. Requests get 503 until it responds."
            )


def _replica(name: str, sign: Any) -> Replica:
    return Replica(name, sign["version"], sign["files"])


def check_store(location: Location, ttl: int, seconds: float = 0.0) -> None:
    """Raise :class:`KitError` unless the mock can use this Redis. Its message says how to fix that.

    ``seconds`` is the limit of each call later; if it is longer than the usual limit of this check, it applies here.
    """
    seconds = max(seconds, _SECONDS_TO_START)
    if location.tls is not None:
        check_certificates(location.tls.ca_bundle, location.tls.cert, location.tls.key, mark="--store: ")
    try:
        asyncio.run(_check(location, ttl, seconds))
    except TimeoutError:
        reason = f"it did not respond within {seconds:g} s"
        raise _unusable(location, reason, "Check host and port in --store, or raise --store-timeout") from None
    except (RedisError, OSError, MemoryError) as error:
        raise _unusable(location, reason_of(error), hint_for(error)) from None


async def _check(location: Location, ttl: int, seconds: float) -> None:
    connection = connection_to(location)
    try:
        async with asyncio.timeout(seconds):
            await connection.connect()  # type: ignore[no-untyped-call]  # of redis
            await connection.send_command("INFO", "server")
            _check_server(location, await connection.read_response())
            await load_scripts(connection)
            keys = f"{location.prefix}:{FORMAT}", f"{location.prefix}:format"
            await connection.send_command("EVALSHA", REPLICAS.digest, 2, *keys, ttl, FORMAT, "", "", _SECONDS_SILENT)
            answer = await connection.read_response()
            if not REPLICAS.returns(answer):
                raise InvalidResponse("not an answer of this script")
    finally:
        await connection.disconnect(nowait=True)
    status, found = answer
    if status == b"format":
        form = found.decode("utf-8", "replace")[:20]
        raise KitError(
            f'The keys with the prefix "{location.prefix}" in Redis at {location} have format {form}; '
            f"this version of the mock uses format {FORMAT}. Choose another prefix: --store {EXAMPLE}?prefix=NAME."
        )


def _check_server(location: Location, info: Any) -> None:
    if not isinstance(info, bytes):
        raise InvalidResponse("not the information that INFO returns")
    mode = _MODE.search(info)
    if mode is not None:
        raise _unusable(location, f"it runs in {mode[1].decode()} mode", "Use a single Redis or Valkey")
    found = _VERSION.search(info)
    if found is None:
        raise _unusable(location, "its version is unknown", "Use Redis 6.2 or later, or Valkey")
    version = int(found[1]), int(found[2])
    if version < _OLDEST:
        shown = ".".join(map(str, version))
        raise _unusable(location, f"its version is {shown}", "Use Redis 6.2 or later, or Valkey")


def _unusable(location: Location, reason: str, hint: str) -> KitError:
    return KitError(f"Cannot use Redis at {location}: {reason}. {hint}.")
