"""Reads contract and fixtures again when their files have changed, and puts what it read in place of what there was.

What cannot be served leaves everything as it is. Conversations, behaviours and the journal are not touched: where a
conversation stands is known by the name of its fixture, which means the same in what is read later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from chat_contract import KitError
from mock_server.loading.fingerprint import changed, stamp
from mock_server.loading.load import Blueprint, read_blueprint
from mock_server.loading.snapshot import State
from mock_server.loading.status import Freshness, apart
from mock_server.respond.service import ChatService

_SECONDS_TO_SETTLE = 0.1
_MOST_NAMES = 3


class Reloader:
    """Keeps a service as new as its files. One thread may look at a time."""

    def __init__(
        self,
        service: ChatService,
        log: TextIO,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = service
        self._log = log
        self._now = now
        self._sleep = sleep
        self._options = service.state.blueprint.options
        self._seen = service.state.blueprint.stamp

    def look(self) -> None:
        """Read everything again if a file has changed since it was last read."""
        now = stamp(self._options)
        if now == self._seen:
            return
        before = self._seen
        state: State | None = None
        errors: tuple[KitError, ...] = ()
        while now != self._seen:
            self._seen = now
            state, errors = self._read()
            if errors:
                # Half of a file may be all that was written yet: only what stays broken is worth a word.
                self._sleep(_SECONDS_TO_SETTLE)
            now = stamp(self._options)
        self._put(state, errors, changed(before, self._seen))

    def _read(self) -> tuple[State | None, tuple[KitError, ...]]:
        try:
            blueprint = read_blueprint(self._options)
            self._check_place(blueprint)
            return State.from_blueprint(blueprint), ()
        except KitError as error:
            return None, apart(error)
        except OSError as error:
            return None, (KitError(f"cannot be read: {error}; what was read before is served on"),)

    def _check_place(self, blueprint: Blueprint) -> None:
        served = self._service.state.blueprint
        if (blueprint.method, blueprint.route) != (served.method, served.route):
            raise KitError(
                f"the contract now has {blueprint.method} {blueprint.route}, and {served.method} {served.route} is "
                "served: the path stays while the mock runs; stop it and start it again to serve the new one"
            )

    def _put(self, state: State | None, errors: tuple[KitError, ...], names: list[str]) -> None:
        freshness = self._service.freshness
        if state is None:
            read_at = freshness.read_at
        else:
            self._service.state = state
            read_at = self._now()
        self._service.freshness = Freshness(read_at, freshness.revision + 1, errors)
        self._say(state, errors, names)

    def _say(self, state: State | None, errors: tuple[KitError, ...], names: list[str]) -> None:
        if state is None:
            since = datetime.fromtimestamp(self._service.freshness.read_at).astimezone().strftime("%H:%M:%S")
            lines = [f"not reloaded; what was read at {since} is served on:", *map(str, errors)]
        else:
            fixtures = state.blueprint.fixtures
            counts = f"conversations: {len(fixtures.conversations)}, items: {len(fixtures.items)}"
            lines = [f"reloaded after a change of {_listed(names)}; {counts}"]
        print(*lines, sep="\n", file=self._log, flush=True)


def _listed(paths: list[str]) -> str:
    names = [Path(path).name for path in paths]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
