"""Servers that are slow, or violate the contract only under load.

python -m testbed.load_servers limit-ignored --connections 3 --port 4030
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from testbed.faulty_servers.base import PREFIX, Chat, Hook, Turn
from testbed.faulty_servers.correct import LAX
from testbed.faulty_servers.shop import ITEMS
from testbed.faulty_servers.wire import Answer, Request, Server

NAMES = {
    "limit-ignored": "limit is ignored while N connections are open.",
    "slow": "Every response takes 300 ms.",
    "busy": "Every third request gets a 429 that asks to wait one second.",
}
_SLOW_SECONDS = 0.3


@contextmanager
def serve_loaded(name: str, *, connections: int = 3, port: int = 0) -> Iterator[str]:
    """Serve one of the servers on the loopback interface and yield its base URL."""
    open_connections: Callable[[], int] = lambda: len(server.connections)  # noqa: E731
    app = Chat(
        LAX, {"limit": _ignores_limit(lambda: open_connections() >= connections)} if name == "limit-ignored" else {}
    )
    counted = iter(range(10**9))

    def respond(request: Request) -> Answer:
        if name == "busy" and next(counted) % 3 == 2:
            return Answer(429, b'{"detail":"Too many requests"}', {"Retry-After": "1"})
        answer: Answer = app(request)
        if name == "slow":
            answer.stall = _SLOW_SECONDS
        return answer

    with Server(respond, port) as server:
        yield f"http://127.0.0.1:{server.port}{PREFIX}"


def _ignores_limit(when: Callable[[], bool]) -> Hook:
    def hook(usual: Callable[[Turn], Any], turn: Turn) -> Any:
        return len(ITEMS) if when() else usual(turn)

    return hook


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m testbed.load_servers", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--connections", type=int, default=3, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 chooses a free one")
    options = parser.parse_args()
    with (
        suppress(KeyboardInterrupt),
        serve_loaded(options.name, connections=options.connections, port=options.port) as url,
    ):
        print(f"{NAMES[options.name]}\n{url}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
