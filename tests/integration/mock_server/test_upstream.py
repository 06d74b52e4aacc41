"""The client of the real service: what it sends, what it makes of responses, and its limits."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import threading
import zlib
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from chat_contract.exchange import Headers
from mock_server import Options, read_snapshot
from mock_server.defaults import UPSTREAM_MAX_BODY
from mock_server.respond.relay import make_relay
from mock_server.respond.service import ChatService
from mock_server.respond.upstream import LARGE, Answered, Limits, Upstream, UpstreamError
from mock_server.server.asgi import MockApp
from tests.support.certificates import certificate
from tests.support.served import Served
from tests.support.silent_service import ANSWER_ME, half_silent_service
from tests.support.small_servers import answering as small_service
from tests.support.waiting import PATIENCE
from tests.support.wire_server import answering, http

TEXT = b"Some text. " * 100
CHUNKED = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n"
LIMIT = 100_000
GZIPPED = gzip.compress(TEXT, mtime=0)
RAW_DEFLATE = zlib.compress(TEXT, wbits=-15)


def ask(
    url: str,
    *,
    headers: Headers = (),
    own: Headers = (),
    body: bytes = b"{}",
    seconds: float = PATIENCE,
    body_bytes: int = UPSTREAM_MAX_BODY,
) -> Answered:
    upstream = Upstream(url, headers=own, limits=Limits(seconds, body_bytes))

    async def send() -> Answered:
        try:
            async with upstream.send("POST", "/chat?a=%20b", headers, body) as answered:
                return answered
        finally:
            await upstream.close()

    return asyncio.run(send())


@pytest.mark.parametrize("status", [600, 999])
def test_status_that_is_not_one_of_http_is_a_failure_of_the_service(status: int) -> None:
    with answering(lambda _: http(status)) as (url, _), pytest.raises(UpstreamError, match=f"status {status}"):
        ask(url)


@pytest.mark.parametrize(
    "response",
    [CHUNKED + b"1\r\na\r\n" * 60_000 + b"0\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 15_000 + http(200)],
    ids=["chunks", "interim responses"],
)
def test_response_in_many_small_parts_lets_other_requests_have_their_turn(response: bytes) -> None:
    async def turns_of_others(url: str) -> int:
        turns, upstream = 0, Upstream(url)

        async def others() -> None:
            nonlocal turns
            while True:
                # While the service is silent, no turn counts.
                await asyncio.sleep(0.001)
                turns += 1

        task = asyncio.create_task(others())
        async with upstream.send("POST", "/chat", (), b"{}") as answered:
            assert answered.status == 200
            is_large = upstream._large.locked()
        task.cancel()
        await upstream.close()
        assert is_large == response.startswith(CHUNKED)
        return turns

    with answering(lambda _: response) as (url, _):
        assert asyncio.run(turns_of_others(url)) > 20


def test_cookies_of_the_service_are_not_kept() -> None:
    async def kept(url: str) -> int:
        upstream = Upstream(url)
        async with upstream.send("POST", "/chat", (), b"{}") as answered:
            assert ("Set-Cookie", "user=ann") in answered.headers
        await upstream.close()
        return len(upstream._client.cookies.jar)

    with answering(lambda _: http(200, b"{}", "Set-Cookie: user=ann")) as (url, _):
        assert asyncio.run(kept(url)) == 0


def test_connection_that_was_idle_is_not_used_again() -> None:
    """The service may close it at the moment of the next request, whose POST must not be sent twice."""

    async def ports(url: str, pause: float) -> list[int]:
        upstream = Upstream(url)
        for seconds in (pause, 0.0):
            async with upstream.send("POST", "/chat", (), b"{}"):
                pass
            await asyncio.sleep(seconds)
        await upstream.close()
        return service.client_ports

    with small_service(lambda _: (200, {}, b"{}")) as service:
        first, second = asyncio.run(ports(service.url, 1.1))
    assert first != second


def test_request_keeps_its_bytes_and_loses_the_headers_of_its_connection() -> None:
    headers = (
        *(("X-Two", "1"), ("X-Two", "2"), ("Content-Encoding", "gzip"), ("Authorization", "Bearer client")),
        *(("Connection", "close, X-Hop"), ("X-Hop", "1"), ("Accept-Encoding", "br"), ("Host", "elsewhere")),
        ("x-mock-token", "control"),
    )
    with answering(lambda _: http(200)) as (url, seen):
        ask(f"{url}/v1", headers=headers, own=(("Authorization", "Bearer own"),), body=b"\x00\xff")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert (lines[0], body) == (b"POST /v1/chat?a=%20b HTTP/1.1", b"\x00\xff")
    assert sorted(lines[1:]) == sorted(
        [
            b"Host: " + url.removeprefix("http://").encode(),
            *(b"Content-Length: 2", b"X-Two: 1", b"X-Two: 2", b"Content-Encoding: gzip"),
            *(b"Accept-Encoding: identity", b"Authorization: Bearer own"),
        ]
    )


def test_cookies_of_one_response_are_not_sent_with_the_next_request() -> None:
    async def ask_twice(upstream: Upstream) -> None:
        for _ in range(2):
            async with upstream.send("GET", "/chat", (), b""):
                pass

    with answering(lambda _: http(200, b"{}", "Set-Cookie: user=ann")) as (url, seen):
        asyncio.run(ask_twice(Upstream(url)))
    assert len(seen) == 2
    assert not any(b"ookie" in request for request in seen)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_have_no_effect(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with answering(lambda _: http(200)) as (url, _):
        assert ask(url).status == 200


def test_redirect_is_returned_and_not_followed() -> None:
    with answering(lambda _: http(302, b"", "Location: /elsewhere")) as (url, seen):
        answered = ask(url)
    assert (answered.status, len(seen)) == (302, 1)
    assert ("Location", "/elsewhere") in answered.headers


@pytest.mark.parametrize(
    ("encoding", "sent", "kept"),
    [
        ("gzip", GZIPPED, False),
        ("GZIP", GZIPPED, False),
        ("deflate", zlib.compress(TEXT), False),
        ("identity", TEXT, False),
        ("gzip", b"", False),
        ("br", b"\x8b\x01\x80text\x03", True),
        ("gzip, br", b"\x8b\x01\x80text\x03", True),
        ("gzip", b"this is not gzip", True),
        ("gzip", GZIPPED[:-9], True),
        ("gzip", GZIPPED + b"more", True),
        ("deflate", RAW_DEFLATE, True),
    ],
    ids=[
        "gzip",
        "upper case",
        "deflate",
        "identity",
        "empty",
        "br",
        "two",
        "not gzip",
        "cut",
        "too long",
        "raw deflate",
    ],
)
def test_body_is_decompressed_or_passed_on_with_its_encoding(encoding: str, sent: bytes, kept: bool) -> None:
    with answering(lambda _: http(200, sent, f"Content-Encoding: {encoding}")) as (url, _):
        answered = ask(url)
    named = [value for name, value in answered.headers if name.lower() == "content-encoding"]
    assert (answered.body, named) == ((sent, [encoding]) if kept else (TEXT if sent else b"", []))


@pytest.mark.parametrize(
    "sent",
    [http(200, b"x" * LIMIT), http(200, gzip.compress(b"x" * LIMIT), "Content-Encoding: gzip")],
    ids=["plain", "gzip"],
)
def test_response_of_the_maximum_size_is_accepted(sent: bytes) -> None:
    with answering(lambda _: sent) as (url, _):
        assert len(ask(url, body_bytes=LIMIT).body) == LIMIT


@pytest.mark.parametrize(
    "sent",
    [
        http(200, b"x" * (LIMIT + 1)),
        http(200, gzip.compress(b"x" * (LIMIT + 1)), "Content-Encoding: gzip"),
        http(200, gzip.compress(b"x" * 500 * LIMIT), "Content-Encoding: gzip"),
        CHUNKED + b"10\r\n0123456789abcdef\r\n" * LIMIT,
    ],
    ids=["plain", "gzip", "gzip bomb", "without end"],
)
def test_larger_response_is_an_error(sent: bytes) -> None:
    with answering(lambda _: sent) as (url, _), pytest.raises(UpstreamError, match=f"is larger than {LIMIT} bytes"):
        ask(url, body_bytes=LIMIT)


def test_request_without_a_response_ends_after_the_time_limit() -> None:
    with half_silent_service() as service, pytest.raises(UpstreamError, match=r"no response within 0\.2 s"):
        ask(service.url, seconds=0.2)


def test_response_that_drips_ends_after_the_time_limit() -> None:
    """Each piece arrives in time, but the last one does not."""

    async def ask_dripping() -> None:
        client_left = asyncio.Event()

        async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(CHUNKED)
            with suppress(ConnectionError):
                while True:
                    writer.write(b"1\r\na\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.02)
            writer.close()
            client_left.set()

        async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            upstream = Upstream(f"http://127.0.0.1:{port}", limits=Limits(seconds=0.3))
            with pytest.raises(UpstreamError, match=r"no response within 0\.3 s"):
                async with upstream.send("GET", "/chat", (), b""):
                    pass
            await client_left.wait()

    asyncio.run(ask_dripping())


def test_large_responses_are_handled_one_after_the_other_and_small_ones_meanwhile() -> None:
    handled, most = [0, 0], [0, 0]

    async def ask_for(upstream: Upstream, path: str, large: int) -> None:
        async with upstream.send("GET", path, (), b"") as answered:
            assert len(answered.body) == (2 * LARGE if large else 2)
            handled[large] += 1
            most[large] = max(most[large], handled[large])
            await asyncio.sleep(0.05)
            handled[large] -= 1

    async def ask_all(url: str) -> None:
        upstream = Upstream(url)
        paths = ["/large", "/small"] * 4
        await asyncio.gather(*(ask_for(upstream, path, path == "/large") for path in paths))
        await upstream.close()

    with answering(lambda raw: http(200, b"x" * 2 * LARGE if b"/large" in raw else b"{}")) as (url, _):
        asyncio.run(ask_all(url))
    assert (most[True], handled) == (1, [0, 0])


@pytest.mark.parametrize(
    "sent",
    [None, b"garbage\r\n\r\n", http(200, b"{}", length=90), CHUNKED + b"ZZ\r\n", CHUNKED + b"5\r\nab"],
    ids=["nothing", "garbage", "short", "chunk size", "half a chunk"],
)
def test_broken_response_is_an_error(sent: bytes | None) -> None:
    with answering(lambda _: sent) as (url, _), pytest.raises(UpstreamError, match="the connection failed"):
        ask(url)


def test_certificate_that_nobody_signed_is_an_error(tmp_path: Path, require_program: Callable[..., None]) -> None:
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "mock")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)

    async def ask_tls() -> None:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            async with Upstream(f"https://127.0.0.1:{port}").send("GET", "/chat", (), b""):
                pass

    with pytest.raises(UpstreamError, match="its certificate is not trusted"):
        asyncio.run(ask_tls())


def test_200_requests_without_a_response_hold_neither_threads_nor_other_requests() -> None:
    def request(message: bytes, more: bytes = b"") -> bytes:
        body = b'{"message":"%b"}' % message
        head = b"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
        return head % len(body) + more + b"\r\n" + body

    close = b"Connection: close\r\n"
    health = b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n" + close + b"\r\n"
    with half_silent_service() as upstream:
        snapshot = read_snapshot(Options(upstream=f"{upstream.url}/v1"))
        relay = make_relay(snapshot.options, snapshot.path)
        assert relay is not None
        served = Served(MockApp(ChatService(snapshot, relay=relay)), relay.close)
        forwarded = request(ANSWER_ME, close)
        assert served.ask(forwarded).endswith(b'"message":"Here.","items":[]}')
        assert served.ask(health).startswith(b"HTTP/1.1 200")
        threads = threading.active_count()
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(served.connect()).sendall(request(b"zzz"))
            upstream.wait_for_silenced(200)
            assert served.ask(health).startswith(b"HTTP/1.1 200")
            assert served.ask(forwarded).endswith(b'"message":"Here.","items":[]}')
            assert threading.active_count() < threads + 20
        served.stop()
