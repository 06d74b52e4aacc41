"""Kills replicas of the mock under load, one after another, and checks the responses: python -m testbed.chaos.

Starts Debian's redis-server and nginx, with the configuration of deploy/nginx.conf, and three replicas that share their
state. Simulated users repeat a fixture conversation through nginx. Meanwhile one replica is stopped and continues: it
then handles requests that nginx has already sent to another replica. After that, each replica is killed with SIGKILL
and started again.

The program fails if a reply belongs to another turn, or if a request fails that was not in progress when a replica was
killed. It also fails if the journal lacks a response that a user received, or has one twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx
from redis import Redis

from mock_server import read_snapshot
from mock_server.http.messages import Call
from mock_server.respond.service import ChatService
from testbed.ports import free_port

ROOT = Path(__file__).parents[1]
REPLICAS = 3
SECONDS_TO_START = 120.0
SECONDS_A_REQUEST = 120.0
PAUSE = 0.5
"""Seconds between the end of a replica and its next start, and between two replicas."""
KEPT = ("--max-requests-kept", "1000000", "--max-journal-bytes", "1GiB", "--store-timeout", "30")
"""The journal must hold everything that is sent. The machine may be busy."""
PATIENCE_OF_NGINX = 0.4
"""Share of the time for which a replica is stopped, after which nginx sends its requests to another one."""


class ChaosError(Exception):
    """Something that must not happen has happened."""


# Processes ------------------------------------------------------------------------------------------------------------


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise ChaosError(f"{name} is not installed.")
    return found


def wait_until_listening(port: int, started: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while started.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise ChaosError(f"{started.args!r} does not listen on port {port}.")


@contextmanager
def redis_server() -> Iterator[Redis]:
    port = free_port()
    with process(program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "") as started:
        wait_until_listening(port, started)
        client = Redis(port=port)
        yield client
        client.close()


class Replica:
    """One replica, always on the same port."""

    def __init__(self, store: str) -> None:
        self.port = free_port()
        self._store = store
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "mock_server", "--port", str(self.port), "--store", self._store, *KEPT]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def wait(self) -> None:
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], SECONDS_TO_START)
        if not readable or not self._process.stdout.readline().startswith("Mock ready"):
            raise ChaosError("A replica did not start.")

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


@contextmanager
def nginx(ports: Iterable[int], folder: Path, seconds_to_respond: float = 130) -> Iterator[str]:
    """Start nginx with the configuration of the repository; only ports, folders and this time differ."""
    port = free_port()
    text = (ROOT / "deploy/nginx.conf").read_text("utf-8")
    for number, replica in enumerate(ports, 1):
        text = text.replace(f"server mock-{number}:4010", f"server 127.0.0.1:{replica}")
    text = (
        text.replace("listen 4010;", f"listen 127.0.0.1:{port};")
        .replace("proxy_read_timeout 130s", f"proxy_read_timeout {seconds_to_respond * 1000:.0f}ms")
        .replace("/tmp/nginx", f"{folder}/nginx")
        .replace("error_log stderr", f"error_log {folder}/error.log")
    )
    text = text.replace("access_log off;", f"log_format sent '$upstream_addr'; access_log {folder}/access.log sent;")
    (folder / "nginx.conf").write_text(text, "utf-8")
    with process(program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;") as started:
        wait_until_listening(port, started)
        yield f"http://127.0.0.1:{port}/v1/chat"


# The conversation -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turns:
    """The messages of a conversation, and the replies that one mock without a store gives."""

    messages: tuple[str, ...]
    replies: tuple[str, ...]


def play_alone() -> Turns:
    """Return the fixture conversation with the most turns whose replies all differ."""
    snapshot = read_snapshot()
    found: list[Turns] = []
    for scenario in snapshot.fixtures.scenarios:
        messages = tuple(" ".join(stub.cue.words or stub.cue.phrases[:1]) for stub in scenario.stubs)
        if not all(messages):
            continue
        service, replies = ChatService(snapshot), []
        for message in messages:
            body = json.dumps({"message": message, "conversation_id": "alone"}).encode()
            answer = service.answer(Call({"content-type": "application/json"}, body))
            replies.append(json.loads(answer.body).get("message", ""))
        if len(set(replies)) == len(replies):
            found.append(Turns(messages, tuple(replies)))
    return max(found, key=lambda turns: len(turns.messages))


# The load -------------------------------------------------------------------------------------------------------------


@dataclass
class Load:
    """What the users sent and received."""

    answered: list[str] = field(default_factory=list)
    """The ids of the requests that were answered."""
    failures: list[tuple[float, float, str]] = field(default_factory=list)
    """When a failed request began and ended, and how it failed."""
    kills: list[float] = field(default_factory=list)
    conversations: int = 0
    ended: bool = False


async def user(number: int, url: str, turns: Turns, load: Load) -> None:
    """Play the conversation until the load ends."""
    played = 0
    async with httpx.AsyncClient(timeout=SECONDS_A_REQUEST, trust_env=False) as client:
        while not load.ended:
            fields: dict[str, str] = {}
            for turn, message in enumerate(turns.messages):
                request_id = f"user-{number}-conversation-{played}-turn-{turn}"
                reply = await answer_to(client, url, {"message": message, **fields}, request_id, load)
                if reply["message"] != turns.replies[turn]:
                    raise ChaosError(f"{request_id}: expected {turns.replies[turn]!r}, got {reply['message']!r}")
                fields = {"conversation_id": reply["conversation_id"]}
            played += 1
            load.conversations += 1


async def answer_to(
    client: httpx.AsyncClient, url: str, body: dict[str, str], request_id: str, load: Load
) -> dict[str, str]:
    """Send a request until it is answered. Each failure is counted."""
    while True:
        began = time.monotonic()
        try:
            response = await client.post(url, json=body, headers={"X-Request-ID": request_id})
        except httpx.HTTPError as error:
            load.failures.append((began, time.monotonic(), type(error).__name__))
            continue
        if response.status_code == 200:
            load.answered.append(request_id)
            reply: dict[str, str] = response.json()
            return reply
        load.failures.append((began, time.monotonic(), f"status {response.status_code}"))
        await asyncio.sleep(0.1)


async def kill_in_turn(replicas: list[Replica], load: Load, given: argparse.Namespace) -> None:
    """Kill one replica after another, and start it again, at least so often and for so many seconds."""
    end = time.monotonic() + given.seconds
    for replica in cycle(replicas):
        await asyncio.sleep(PAUSE)
        if len(load.kills) >= given.kills and time.monotonic() >= end:
            break
        load.kills.append(time.monotonic())
        replica.kill()
        await asyncio.sleep(PAUSE)
        replica.start()
        await asyncio.to_thread(replica.wait)
    load.ended = True


async def stop_for_a_while(replica: Replica, seconds: float) -> None:
    await asyncio.sleep(PAUSE)
    replica.freeze()
    await asyncio.sleep(seconds)
    replica.thaw()


async def disturb(replicas: list[Replica], load: Load, given: argparse.Namespace) -> None:
    if given.stop:
        await stop_for_a_while(replicas[-1], given.stop)
    await kill_in_turn(replicas, load, given)


async def run(replicas: list[Replica], url: str, turns: Turns, given: argparse.Namespace) -> Load:
    load = Load()
    async with asyncio.TaskGroup() as group:
        for number in range(given.users):
            group.create_task(user(number, url, turns, load))
        group.create_task(disturb(replicas, load, given))
    return load


# The result -----------------------------------------------------------------------------------------------------------


def check(load: Load, redis: Redis) -> None:
    """Raise :class:`ChaosError` if something was lost or done twice."""
    unexplained = [
        failure for failure in load.failures if not any(failure[0] <= kill <= failure[1] for kill in load.kills)
    ]
    if unexplained:
        raise ChaosError(f"Requests failed although no replica was killed meanwhile: {unexplained[:5]}")
    entries = redis.lrange("chat-contract:1:space::journal", 0, -1)
    recorded = Counter(json.loads(entry)[3]["x-request-id"] for entry in entries)
    twice = [name for name, count in recorded.items() if count > 1]
    if twice:
        raise ChaosError(f"{len(twice)} requests are in the journal more than once, for example {twice[0]}.")
    missing = set(load.answered) - recorded.keys()
    if missing:
        raise ChaosError(f"{len(missing)} answered requests are not in the journal, for example {min(missing)}.")


def report(load: Load, folder: Path, seconds: float, stopped: float) -> str:
    sent_again = sum("," in line for line in (folder / "access.log").read_text("utf-8").splitlines())
    kinds = Counter(kind for *_, kind in load.failures)
    shown = ", ".join(f"{count} × {kind}" for kind, count in kinds.items())
    return "\n".join(
        (
            f"{len(load.answered)} requests in {load.conversations} conversations answered in {seconds:.0f} s",
            f"1 replica was stopped for {stopped:g} s and continued" if stopped else "no replica was stopped",
            f"{len(load.kills)} times a replica was killed and started again",
            f"{sent_again} requests sent again by nginx to another replica",
            f"{len(load.failures)} requests failed at the client{f': {shown}' if shown else ''}",
            "no conversation lost its turn; every answered request is in the journal once",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=re.split(r"\n\n", __doc__ or "")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on")
    parser.add_argument("--kills", type=int, default=REPLICAS, help="how many replicas to kill at least")
    parser.add_argument("--stop", type=float, default=10, help="for how many seconds one replica is stopped")
    parser.add_argument("--users", type=int, default=8, help="number of users")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(redis_server())
        store = f"redis://127.0.0.1:{redis.connection_pool.connection_kwargs['port']}/0"
        replicas = []
        for _ in range(REPLICAS):
            replicas.append(Replica(store))
            stack.callback(replicas[-1].kill)
        for replica in replicas:
            replica.wait()
        patience = {"seconds_to_respond": PATIENCE_OF_NGINX * given.stop} if given.stop else {}
        url = stack.enter_context(nginx([replica.port for replica in replicas], folder, **patience))
        began = time.monotonic()
        try:
            load = asyncio.run(run(replicas, url, play_alone(), given))
            check(load, redis)
        except* ChaosError as group:
            for error in group.exceptions:
                print(error, file=sys.stderr)
            sys.exit(1)
        print(report(load, folder, time.monotonic() - began, given.stop))


if __name__ == "__main__":
    main()
