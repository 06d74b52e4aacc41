"""Makes the mock one of several replicas, if it has a store. Imports the packages of the extra only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_contract import UsageError
from chat_contract.errors import MissingPackageError
from mock_server.loading.snapshot import Snapshot
from mock_server.respond.service import Log

if TYPE_CHECKING:
    from mock_server.respond.replicated import ReplicatedService
    from mock_server.store.redis import RedisStore


def check_options(snapshot: Snapshot) -> None:
    """Raise :class:`KitError` if the store cannot be used. Does nothing without ``--store``."""
    options = snapshot.options
    if options.store is None:
        return
    if options.upstream is not None:
        raise UsageError(
            "--store and --upstream cannot be combined: ids of the upstream service are not shared. Remove one."
        )
    try:
        from mock_server.store.redis import check_store  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingPackageError("--store", error.name, "redis") from None
    check_store(options.store, options.conversation_ttl, options.store_timeout)


def open_store(snapshot: Snapshot, log: Callable[[str], None]) -> RedisStore | None:
    """Return the store that replicas share, None without ``--store``."""
    options = snapshot.options
    if options.store is None:
        return None
    from mock_server.respond.spaces import SECONDS_IN_USE  # noqa: PLC0415 - needs an extra
    from mock_server.store.redis import RedisStore  # noqa: PLC0415 - as above
    from mock_server.store.redis_state import Bounds  # noqa: PLC0415 - as above

    bounds = Bounds(options.conversation_ttl, options.max_spaces, SECONDS_IN_USE)
    return RedisStore(options.store, snapshot, bounds, log)


def replicated(
    snapshot: Snapshot, store: RedisStore, warn: Callable[[str], None], log: Log | None
) -> ReplicatedService:
    """Return the service that uses the store."""
    from mock_server.respond.replicated import ReplicatedService  # noqa: PLC0415 - needs an extra

    return ReplicatedService(snapshot, store, warn=warn, log=log)
