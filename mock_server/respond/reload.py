"""Reloads contract and fixtures when their files change.

If the files cannot be served, the mock keeps serving the previous version. Conversations, rules and the journal survive
a reload: a conversation's position names its scenario, and names keep their meaning across reloads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from chat_contract import KitError
from kit_reports.visible import visible
from mock_server.loading.fingerprint import Stamp, changed, stamp
from mock_server.loading.load import read_snapshot
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.status import split_errors
from mock_server.respond.service import ChatService

_SECONDS_TO_SETTLE = 0.1
_SECONDS_TO_RECOVER = 1.0
_SHOWN_NAMES = 3

Loaded = Snapshot | tuple[KitError, ...]
"""A new snapshot, or the errors that keep the files from being served."""


class Reloader:
    """Keeps the snapshot of a service up to date. Call it from one thread at a time."""

    def __init__(
        self,
        service: ChatService,
        say: Callable[[str], None],
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = service
        self._say = say
        self._now = now
        self._sleep = sleep
        self._options = service.snapshot.options
        self._seen = service.snapshot.stamp

    def look(self) -> None:
        """Reload if a file has changed since the last call."""
        before, now = self._seen, self._stamp()
        if now == before:
            return
        loaded: Loaded = ()
        while now != self._seen:
            self._seen = now
            loaded = self._load()
            if not isinstance(loaded, Snapshot):
                # An editor may have written only half of the file so far. Report only errors that persist.
                self._sleep(_SECONDS_TO_SETTLE)
            now = self._stamp()
        self._swap(loaded)
        self._report(loaded, changed(before, self._seen))

    def run(self, watch: Callable[[Callable[[], None]], None]) -> None:
        """Look at the files as long as ``watch`` asks for it. If it ends, the status says that no file is watched.

        If the system lacks descriptors or memory for a while, the status says so, and the watch goes on.
        """
        try:
            while True:
                try:
                    return watch(self.look)
                except (OSError, MemoryError, RuntimeError, ImportError) as error:
                    self._seen = ()
                    self._fail(f"Checking the files failed: {type(error).__name__} {error}. Trying again.")
                    self._sleep(_SECONDS_TO_RECOVER)
        finally:
            self._fail("The mock no longer watches its files. Restart it to serve changes.")

    def _fail(self, text: str) -> None:
        errors = (KitError(text),)
        self._swap(errors)
        self._report(errors, [])

    def _stamp(self) -> Stamp:
        try:
            return stamp(self._options)
        except OSError:
            # No descriptor is free, for example. The next look tries again.
            return self._seen

    def _load(self) -> Loaded:
        try:
            snapshot = read_snapshot(self._options, now=self._now, known=self._service.snapshot.fixtures.files)
            self._check_route(snapshot)
        except KitError as error:
            return split_errors(error)
        except OSError as error:
            return (KitError(f"Cannot read the files: {error}."),)
        return snapshot

    def _check_route(self, snapshot: Snapshot) -> None:
        served = self._service.snapshot
        if (snapshot.method, snapshot.route) != (served.method, served.route):
            raise KitError(
                f"The operation changed from {served.method} {served.route} to {snapshot.method} {snapshot.route}. "
                "Restart the mock to serve the new one."
            )

    def _swap(self, loaded: Loaded) -> None:
        served = self._service.snapshot
        revision = served.status.revision + 1
        if isinstance(loaded, Snapshot):
            self._service.serve(replace(loaded, status=replace(loaded.status, revision=revision)))
        else:
            self._service.serve(replace(served, status=replace(served.status, revision=revision, errors=loaded)))

    def _report(self, loaded: Loaded, paths: list[str]) -> None:
        if isinstance(loaded, Snapshot):
            lines = [f"Reloaded after a change to {_listed(paths)}: {loaded.fixtures.counts}."]
        else:
            read_at = datetime.fromtimestamp(self._service.snapshot.status.read_at).astimezone()
            lines = [f"Reload failed; still serving the version loaded at {read_at:%H:%M:%S}.", *map(str, loaded)]
        for line in lines:
            for part in line.split("\n"):
                self._say(visible(part))


def _listed(paths: list[str]) -> str:
    names = [visible(Path(path).name) for path in paths]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more
