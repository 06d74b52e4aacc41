"""What a hostile server sends instead of a reply: bytes below HTTP, endless or dripping responses, huge bodies.

Each attack is a generator of pieces; a number instead of bytes is a pause in seconds. The connection closes after the
last piece.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

Piece = bytes | float
Pieces = Iterator[Piece]

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_MEGABYTE = 1024 * 1024
_LARGE = 31 * _MEGABYTE
_BLOCK = 64 * 1024
_DEPTH = 100_000
_PAUSE = 0.25


@dataclass(frozen=True)
class Attack:
    """One attack. ``pieces`` receives the body of the correct reply.

    ``found``: the clauses and observed ids of which a report must name one; empty if the response conforms.
    ``most``: how many responses of a run are attacks; 0: no limit.
    """

    name: str
    pieces: Callable[[bytes], Pieces]
    found: frozenset[tuple[str, str]] = frozenset()
    most: int = 0


@dataclass
class _Table:
    attacks: list[Attack] = field(default_factory=list)

    def add(
        self, *found: tuple[str, str], most: int = 0
    ) -> Callable[[Callable[[bytes], Pieces]], Callable[[bytes], Pieces]]:
        def register(pieces: Callable[[bytes], Pieces]) -> Callable[[bytes], Pieces]:
            self.attacks.append(Attack(pieces.__name__.replace("_", "-"), pieces, frozenset(found), most))
            return pieces

        return register


_TABLE = _Table()
_attack = _TABLE.add

_GARBLED = ("robustness.reset", "garbled")
_SILENCE = ("robustness.silence", "silence")
_TRUNCATED = ("robustness.truncated", "truncated")
_TOO_LONG = ("robustness.truncated", "too-long")


def _with_length(body: bytes, length: object = None) -> bytes:
    return _HEAD + f"Content-Length: {len(body) if length is None else length}\r\n\r\n".encode() + body


def _with(good: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(good), **changes}).encode()


# Below HTTP


@_attack(_GARBLED)
def status_line_nonsense(_: bytes) -> Pieces:
    yield b"HTTP/1.1 two-hundred fine\r\n\r\n"


@_attack(_GARBLED)
def no_http(_: bytes) -> Pieces:
    yield b"SSH-2.0-OpenSSH_9.2\r\n" * 100


@_attack(_GARBLED)
def status_line_without_end(_: bytes) -> Pieces:
    yield b"HTTP/1.1 200 "
    yield from repeat(b"O" * _BLOCK)


@_attack(_GARBLED)
def header_of_a_megabyte(good: bytes) -> Pieces:
    yield _HEAD + b"X-Large: " + b"x" * _MEGABYTE + b"\r\n"
    yield f"Content-Length: {len(good)}\r\n\r\n".encode() + good


@_attack(_GARBLED)
def headers_without_end(_: bytes) -> Pieces:
    yield _HEAD
    yield from repeat(b"X-More: more\r\n" * 1000)


@_attack(_TOO_LONG, _SILENCE)
def endless_100_continue(_: bytes) -> Pieces:
    yield from repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


@_attack(_SILENCE)
def dripping_100_continue(_: bytes) -> Pieces:
    for _number in range(10_000):
        yield b"HTTP/1.1 100 Continue\r\n\r\n"
        yield _PAUSE


@_attack(_TRUNCATED)
def bad_chunk_size(good: bytes) -> Pieces:
    yield _CHUNKED + b"zz\r\n" + good + b"\r\n0\r\n\r\n"


@_attack(_TRUNCATED)
def negative_chunk_size(good: bytes) -> Pieces:
    yield _CHUNKED + b"-5\r\n" + good + b"\r\n0\r\n\r\n"


@_attack(_TRUNCATED)
def chunk_size_without_end(_: bytes) -> Pieces:
    yield _CHUNKED + b"5;"
    yield from repeat(b"x" * _BLOCK)


@_attack(_TRUNCATED)
def huge_chunk_size(good: bytes) -> Pieces:
    yield _CHUNKED + b"f" * 30 + b"\r\n" + good


@_attack(_TOO_LONG, _SILENCE)
def trailers_without_end(good: bytes) -> Pieces:
    yield _CHUNKED + b"%x\r\n%b\r\n0\r\n" % (len(good), good)
    yield from repeat(b"X-More: more\r\n" * 1000)


# Wrong lengths and closed connections


@_attack(_TRUNCATED)
def length_too_long(good: bytes) -> Pieces:
    yield _with_length(good, len(good) + 10)


@_attack(("reply.encoding", "not-json"), ("reply.length", "length-in-characters"))
def length_too_short(good: bytes) -> Pieces:
    yield _with_length(good, len(good) - 10)


@_attack(("reply.length", "wrong-length"))
def negative_length(good: bytes) -> Pieces:
    yield _with_length(good, -5)


@_attack(("reply.length", "wrong-length"))
def length_nonsense(good: bytes) -> Pieces:
    yield _with_length(good, "many")


@_attack(_TRUNCATED)
def huge_length(good: bytes) -> Pieces:
    yield _with_length(good, 10**18)


@_attack(_TRUNCATED)
def closed_half_way(good: bytes) -> Pieces:
    yield _with_length(good)[: -len(good) // 2]


@_attack(_TRUNCATED)
def closed_in_a_chunk(good: bytes) -> Pieces:
    yield _CHUNKED + b"%x\r\n" % len(good) + good[:5]


@_attack(("reply.encoding", "not-json"))
def closed_in_the_headers(_: bytes) -> Pieces:
    yield _HEAD[:-9]


@_attack()
def closed_without_a_byte(_: bytes) -> Pieces:
    """End a connection, which a server may do at any time: the request is sent again and counted as lost."""
    yield from ()


# Slow and endless


@_attack(_SILENCE)
def silence(_: bytes) -> Pieces:
    yield from repeat(_PAUSE)


@_attack(_SILENCE)
def dripping_headers(_: bytes) -> Pieces:
    yield _HEAD
    for _number in range(10_000):
        yield b"X"
        yield _PAUSE


@_attack(_SILENCE)
def dripping_body(good: bytes) -> Pieces:
    yield _HEAD + b"Content-Length: 100000\r\n\r\n" + good[:-1]
    for _number in range(10_000):
        yield b" "
        yield _PAUSE


@_attack(_SILENCE)
def dripping_chunks(good: bytes) -> Pieces:
    yield _CHUNKED
    for _number in range(10_000):
        yield b"1\r\n \r\n"
        yield _PAUSE


@_attack(_TOO_LONG, _SILENCE)
def endless_body(good: bytes) -> Pieces:
    yield _HEAD + b"Connection: close\r\n\r\n" + good[:-1]
    yield from repeat(b" " * _BLOCK)


@_attack(_TOO_LONG, _SILENCE)
def endless_chunks(_: bytes) -> Pieces:
    yield _CHUNKED
    yield from repeat(b"10000\r\n" + b" " * _BLOCK + b"\r\n")


@_attack(_TOO_LONG, _SILENCE)
def gzip_bomb(_: bytes) -> Pieces:
    bomb = gzip.compress(bytes(64 * _MEGABYTE))
    yield _HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"
    yield from repeat(bomb, 50)


@_attack(_TOO_LONG, _SILENCE)
def deflate_bomb(_: bytes) -> Pieces:
    packer = zlib.compressobj(9)
    yield _HEAD + b"Content-Encoding: deflate\r\nConnection: close\r\n\r\n"
    for _number in range(100):
        yield packer.compress(bytes(16 * _MEGABYTE))
    yield packer.flush()


@_attack(_TRUNCATED)
def gzip_nonsense(good: bytes) -> Pieces:
    body = gzip.compress(good)[:10] + b"nonsense"
    yield _HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


# Complete responses


@_attack(("reply.encoding", "too-deep"))
def nested_reply(good: bytes) -> Pieces:
    yield _with_length(good[:-1] + b', "x": ' + b"[" * _DEPTH + b"]" * _DEPTH + b"}")


@_attack()
def keys(good: bytes) -> Pieces:
    yield _with_length(_with(good, **{f"key-{number}": number for number in range(100_000)}))


@_attack(("reply.encoding", "too-many-values"), most=60)
def items_of_31_megabytes(good: bytes) -> Pieces:
    yield _with_length(good[: good.index(b'"items"')] + b'"items": ["a"' + b',"a"' * (_LARGE // 4) + b"]}")


@_attack(("reply.item", "string"))
def items_of_a_megabyte(good: bytes) -> Pieces:
    yield _with_length(_with(good, items=["a"] * 200_000))


@_attack(most=60)
def text_of_31_megabytes(good: bytes) -> Pieces:
    yield _with_length(_with(good, message="x" * _LARGE))


@_attack(("reply.encoding", "too-large"), most=60)
def wide_text_of_31_megabytes(good: bytes) -> Pieces:
    body = json.dumps({**json.loads(good), "message": "\U0001f600" + "x" * _LARGE}, ensure_ascii=False)
    yield _with_length(body.encode())


@_attack(("reply.encoding", "too-many-values"), most=60)
def lists_of_31_megabytes(good: bytes) -> Pieces:
    yield _with_length(good[:-1] + b', "x": [' + b"[]," * (_LARGE // 3) + b"[]]}")


@_attack(("reply.encoding", "not-json"))
def number_of_a_megabyte(good: bytes) -> Pieces:
    yield _with_length(good[:-1] + b', "x": ' + b"9" * _MEGABYTE + b"}")


@_attack(("reply.encoding", "not-json"))
def zero_bytes(_: bytes) -> Pieces:
    yield _with_length(bytes(_MEGABYTE))


ATTACKS: tuple[Attack, ...] = tuple(_TABLE.attacks)
