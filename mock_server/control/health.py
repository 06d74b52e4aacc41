"""The status of the served snapshot as JSON, for ``/_mock/health`` and the console."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chat_contract import DocumentError, KitError
from chat_contract.errors import render_pointer, shorten
from mock_server.loading.status import Status
from mock_server.store.status import StoreHealth


def health_json(status: Status, store: StoreHealth | None = None) -> dict[str, Any]:
    """Return the status as JSON."""
    shared = {} if store is None else {"store": _store_json(store)}
    return {
        "status": status.freshness,
        "revision": status.revision,
        "read_at": datetime.fromtimestamp(status.read_at, UTC).isoformat(timespec="seconds"),
        "errors": [_error_json(error) for error in status.errors],
        **shared,
    }


def _store_json(store: StoreHealth) -> dict[str, Any]:
    return {
        "status": "ok" if store.reason is None else "unavailable",
        "reason": store.reason,
        "address": store.address,
        "prefix": store.prefix,
        "replica": store.replica,
        "replicas": list(store.replicas),
        "differing": [{"replica": name, "files": list(files)} for name, files in store.differing.items()],
    }


def _error_json(error: KitError) -> dict[str, Any]:
    if not isinstance(error, DocumentError):
        return {"file": None, "line": None, "pointer": "", "problem": str(error), "value": None, "hint": ""}
    return {
        "file": error.path,
        "line": error.line,
        "pointer": render_pointer(error.pointer),
        "problem": error.problem,
        "value": shorten(error.value) if error.has_value else None,
        "hint": error.hint,
    }
