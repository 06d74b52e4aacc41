"""Makes the mock one of several replicas, if it has a store. Imports the packages of the extra only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chat_contract import UsageError
from mock_server.loading.snapshot import Snapshot
from mock_server.respond.service import Log

if TYPE_CHECKING:
    from mock_server.respond.replicated import ReplicatedService
    from mock_server.store.redis import RedisStore


def open_store(snapshot: Snapshot, log: Callable[[str], None]) -> RedisStore | None:
    """Return the store that replicas share, None without ``--store``. Raise :class:`KitError` if it is not usable."""
    options = snapshot.options
    if options.store is None:
        return None
    if options.upstream is not None:
        raise UsageError(
            "--store and --upstream cannot be combined: ids of the upstream service are not shared. Remove one."
        )
    try:
        from mock_server.store.redis import RedisStore, check_store  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _missing_extra(error) from None
    from mock_server.respond.spaces import SECONDS_IN_USE  # noqa: PLC0415 - as above
    from mock_server.store.redis_state import Bounds  # noqa: PLC0415 - as above

    check_store(options.store, options.conversation_ttl)
    bounds = Bounds(options.conversation_ttl, options.max_spaces, SECONDS_IN_USE)
    return RedisStore(options.store, snapshot, bounds, log)


def _missing_extra(error: ImportError) -> UsageError:
    return UsageError(f"--store needs the package {error.name}. Install the kit again with the extra redis.")


def replicated(
    snapshot: Snapshot, store: RedisStore, warn: Callable[[str], None], log: Log | None
) -> ReplicatedService:
    """Return the service that uses the store."""
    from mock_server.respond.replicated import ReplicatedService  # noqa: PLC0415 - needs an extra

    return ReplicatedService(snapshot, store, warn=warn, log=log)
