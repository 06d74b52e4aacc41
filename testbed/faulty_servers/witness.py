"""A small raw client, and the steps that show a fault.

A witness is a function from a client to whether the fault shows. It must return false for every correct server.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from .base import KEY
from .wire import JSON

Witness = Callable[["Client"], Any]
PATIENCE = 120.0
"""Seconds for which a client waits unless it looks for a hang; a busy machine may respond late."""
MESSAGE = "Which desk would you recommend for heavy tools?"


def say(message: Any = MESSAGE, **fields: Any) -> dict[str, Any]:
    """Return a body that every server accepts, with the given fields."""
    return {"message": message, **fields}


def event(minute: int = 0, **fields: Any) -> dict[str, Any]:
    return {"timestamp": f"2024-06-14T10:{minute:02}:00Z", "type": "browse", **fields}


def events(count: int, **fields: Any) -> list[dict[str, Any]]:
    return [event(minute % 60, **fields) for minute in range(count)]


FULL = say(
    session_id="2f396d29",
    user_id="u8a7d9f6",
    limit=3,
    events=[event(0, item_id="ST678VG", description="Viewed"), event(3)],
)


@dataclass(frozen=True)
class Reply:
    """Return the input; `flaw` describes what is wrong with the bytes."""

    status: int = 0
    headers: dict[str, str] | None = None
    body: bytes = b""
    flaw: str = ""

    @cached_property
    def data(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def part(self, name: str, otherwise: Any = None) -> Any:
        return self.data.get(name, otherwise) if isinstance(self.data, dict) else otherwise

    @property
    def id(self) -> Any:
        return self.part("conversation_id")

    @property
    def items(self) -> Any:
        return self.part("items", [])

    @property
    def detail(self) -> Any:
        return self.part("detail", [])

    @property
    def ok(self) -> bool:
        return self.status == 200 and not self.flaw


class Client:
    """A client with one connection per request that reads to its end, so that every missing or extra byte is found."""

    def __init__(self, base_url: str, *, key: str = "", seconds_of_a_hang: float = 0.5) -> None:
        """``seconds_of_a_hang``: how long a witness of a hang waits; correct servers are slow on a busy machine."""
        parts = urlsplit(base_url)
        assert parts.hostname
        assert parts.port
        self.address = (parts.hostname, parts.port)
        self.prefix = parts.path
        self.authorization = {"Authorization": f"Bearer {key}"} if key else {}
        self.patience = PATIENCE
        self.seconds_of_a_hang = seconds_of_a_hang

    def send(
        self,
        body: Any,
        headers: dict[str, str] | None = None,
        *,
        method: str = "POST",
        path: str = "/chat",
        chunked: bool = False,
        key: bool = True,
    ) -> Reply:
        message = self.message(body, headers, method, path, chunked=chunked, key=key)
        while (reply := self.exchange([message])).status == 429:
            time.sleep(1)
        return reply

    def message(
        self,
        body: Any,
        headers: dict[str, str] | None,
        method: str,
        path: str,
        *,
        chunked: bool,
        key: bool,
        end: bool = True,
    ) -> bytes:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        head = {
            "Host": f"{self.address[0]}:{self.address[1]}",
            **JSON,
            **(self.authorization if key else {}),
            **(headers or {}),
        }
        head["Transfer-Encoding" if chunked else "Content-Length"] = "chunked" if chunked else str(len(raw))
        if end:
            head["Connection"] = "close"
        lines = [
            f"{method} {self.prefix}{path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in head.items() if value),
        ]
        sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(raw), raw) if chunked else raw
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + sent

    def exchange(self, messages: Sequence[bytes]) -> Reply:
        """Send messages on one connection and return the last response."""
        try:
            with socket.create_connection(self.address, timeout=self.patience) as sock:
                for message in messages[:-1]:
                    sock.sendall(message)
                    sock.recv(1 << 16)
                sock.sendall(messages[-1])
                data = b""
                while part := sock.recv(1 << 18):
                    data += part
        except TimeoutError:
            return Reply(flaw="silence")
        except OSError:
            return Reply(flaw="reset")
        return read(data)

    def after(self, bodies: Sequence[Any]) -> str:
        """Send these messages in one conversation and return its id."""
        given = ""
        for body in bodies:
            given = self.send({**body, "conversation_id": given} if given else body).id
        return given

    def turn(self, number: int, body: Any, **options: Any) -> Reply:
        """Send the body as the given turn of a conversation."""
        if number == 1:
            return self.send(body, **options)
        given = self.after([say(f"I need tool number {n}") for n in range(1, number)])
        return self.send({**body, "conversation_id": given}, **options)


def read(data: bytes) -> Reply:
    head, _, body = data.partition(b"\r\n\r\n")
    try:
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1])
    except (ValueError, IndexError):
        return Reply(flaw="no http")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body, flaw = dechunked(body)
    else:
        claimed = int(headers.get("content-length", len(body)))
        flaw = "truncated" if len(body) < claimed else "too long" if len(body) > claimed else ""
    return Reply(status, headers, body, flaw)


def dechunked(data: bytes) -> tuple[bytes, str]:
    body = b""
    while True:
        size, found, rest = data.partition(b"\r\n")
        if not found:
            return body, "truncated"
        count = int(size, 16)
        if not count:
            return body, ""
        body, data = body + rest[:count], rest[count + 2 :]


# -- witnesses, made from a body and a response that must not arrive


def gets(status: int, body: Any, *, turn: int = 1, **options: Any) -> Witness:
    """Return a witness: the response has this status."""
    return lambda client: client.turn(turn, body, **options).status == status


def crashed(body: Any, *, turn: int = 1, **options: Any) -> Witness:
    """Return a witness: the response is a 5xx."""
    return lambda client: client.turn(turn, body, **options).status >= 500


def broken(flaw: str, body: Any, *, turn: int = 1) -> Witness:
    """Return a witness: a reset, a timeout or a false length."""

    def witness(client: Client) -> bool:
        if flaw == "silence":
            client.patience = client.seconds_of_a_hang
        return client.turn(turn, body).flaw == flaw

    return witness


def replies(wrong: Callable[[Reply], Any], body: Any = None, *, turn: int = 1) -> Witness:
    """Return a witness: the response is an invalid 200."""

    def witness(client: Client) -> Any:
        reply = client.turn(turn, say() if body is None else body)
        return reply.ok and wrong(reply)

    return witness


def unreadable(body: Any = None, *, turn: int = 1, status: int = 200) -> Witness:
    """Return a witness: the response is not JSON in UTF-8."""

    def witness(client: Client) -> bool:
        reply = client.turn(turn, say() if body is None else body)
        try:
            json.loads(reply.body.decode(), parse_constant=lambda name: int(name))
        except ValueError:
            return reply.status == status
        return False

    return witness


def more_than(count: int, body: Any, *, turn: int = 1) -> Witness:
    return replies(lambda reply: len(reply.items) > count, body, turn=turn)


def complains(wrong: Callable[[list[dict[str, Any]]], Any], body: Any, *, turn: int = 1) -> Witness:
    """Return a witness: the response is a 422 with a wrong detail."""

    def witness(client: Client) -> Any:
        reply = client.turn(turn, body)
        return reply.status == 422 and wrong(reply.detail)

    return witness


def blames(loc: list[Any], body: Any, *, turn: int = 1) -> Witness:
    """Return a witness: the response is a 422 with this loc."""
    return complains(lambda detail: any(entry["loc"] == loc for entry in detail), body, turn=turn)


def ids(client: Client, bodies: Sequence[Any]) -> list[str]:
    return [client.send(body).id for body in bodies]


def alike(*bodies: Any) -> Witness:
    """Return a witness: two new conversations get the same id."""

    def witness(client: Client) -> bool:
        given = [one for one in ids(client, bodies) if one]
        return len(set(given)) < len(given)

    return witness


def loses_thread(*bodies: Any) -> Witness:
    """Return a witness: the last reply lacks the id of the first one."""

    def witness(client: Client) -> bool:
        first = client.send(bodies[0]).id
        replies = [client.send({**body, "conversation_id": first}) for body in bodies[1:]]
        return replies[-1].ok and replies[-1].id != first

    return witness


def together(client: Client, bodies: Sequence[Any]) -> Iterator[list[Reply]]:
    """Send the bodies at the same time, several times, since requests may miss each other; yield the replies."""
    with ThreadPoolExecutor(len(bodies)) as pool:
        for _ in range(5):
            yield list(pool.map(client.send, bodies))


def client_for(base_url: str, *, keyed: bool, seconds_of_a_hang: float = 0.5) -> Client:
    return Client(base_url, key=KEY if keyed else "", seconds_of_a_hang=seconds_of_a_hang)
