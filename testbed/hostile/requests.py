"""Generates hostile requests from a seed: broken framing, odd methods, headers, paths and bodies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from testbed.fastapi_parity.bodies import Bodies

_METHODS = (
    "POST",
    "POST",
    "POST",
    "GET",
    "PUT",
    "DELETE",
    "PATCH",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "BREW",
    "post",
    "P\x00ST",
    "A" * 300,
)
_PATHS = (
    *(
        "/v1/chat",
        "/v1/chat",
        "/v1/chat",
        "/v1/chat?x=%00",
        "/v1/chat/",
        "//v1//chat",
        "/v1/../v1/chat",
        "/v1/chat%2f",
        "*",
        "/",
    ),
    *(
        "/%ff%fe",
        "/..%2f..%2fetc/passwd",
        "/_mock/requests",
        "/_mock/requests?status=x",
        "/_mock/behaviour",
        "/_mock/reset",
    ),
    *(
        "/_mock/../v1/chat",
        "/_mock/requests/1",
        "http://evil.test/v1/chat",
        "/" + "a" * 9000,
        "/v1/chat#x",
        "/\u00e9",
        "/v1 chat",
    ),
)
_NAMES = (
    *(
        "Content-Type",
        "Prefer",
        "Origin",
        "Host",
        "Authorization",
        "X-API-Key",
        "Content-Encoding",
        "Content-Length",
        "Accept",
    ),
    *(
        "Transfer-Encoding",
        "Expect",
        "Connection",
        "Upgrade",
        "X-Mock-Token",
        "Cookie",
        "Range",
        "X-Forwarded-For",
        "wsgi.input",
    ),
    *(
        "Content_Length",
        "HTTP_HOST",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Sec-Fetch-Site",
        ":path",
    ),
)
_VALUES = (
    *(
        "",
        "application/json",
        "text/plain",
        "gzip",
        "chunked",
        "100-continue",
        "close",
        "keep-alive",
        "websocket",
        "-1",
        "0",
        "5",
    ),
    *(
        "99999999999999999999",
        "code=500x",
        "code=429",
        "example=../../x",
        'delay="',
        "conversation=%00",
        "fault=empty",
        "dynamic=true",
    ),
    *(
        "fault=drop",
        "fault=truncate",
        "http://evil.test",
        "null",
        "http://localhost:1",
        "Bearer " + "k" * 5000,
        "\x80\xff",
        "a\tb",
        "*",
    ),
    *(
        "application/json; charset=utf-7",
        "multipart/form-data; boundary=x",
        "bytes=0-1",
        ",,,,",
        "a=b;" * 500,
        "٤٢٩",
        "identity, gzip",
    ),
)

_CONTROL = (
    *((b"PUT", b"/_mock/behaviour"), (b"PUT", b"/_mock/behaviour"), (b"POST", b"/_mock/behaviour")),
    *((b"POST", b"/_mock/reset"), (b"GET", b"/_mock/behaviour"), (b"GET", b"/_mock/requests")),
    *((b"GET", b"/_mock/explain"), (b"GET", b"/_mock/overview"), (b"GET", b"/_mock/requests/1/curl")),
    *((b"GET", b"/_mock/requests/1/fixture"), (b"GET", b"/_mock/requests/%b/curl" % (b"9" * 5000))),
    *((b"POST", b"/v1/chat"), (b"POST", b"/v1/chat"), (b"DELETE", b"/_mock/requests"), (b"GET", b"/_mock/spaces")),
)
_QUERIES = (
    *(b"status=\xff", b"last=%b" % (b"9" * 5000), b"last=%D9%A4", b"message=%ff%00", b"message=\xed\xa0\x80"),
    *(b"verdict=%u1234", b"x=1", b"status=4xx&status=5xx", b"preflights=\x80", b"conversation=" + b"c" * 4000),
)


@dataclass(frozen=True)
class Hostile:
    """Bytes to send. With ``hang_up``, the client leaves instead of waiting for the response.

    ``may_be_spoilt``: the request asks for a fault, so the response may be incomplete.
    """

    data: bytes
    hang_up: bool
    may_be_spoilt: bool


class HostileRequests:
    """An endless iterator of requests."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self._bodies = iter(Bodies(seed))

    def __iter__(self) -> Iterator[Hostile]:
        while True:
            roll = self._chance.random()
            data = self._garbage() if roll < 0.06 else self._control() if roll < 0.25 else self._request()
            hang_up = self._chance.random() < 0.05
            yield Hostile(data, hang_up, b"fault=" in data)

    def _garbage(self) -> bytes:
        return self._chance.choice(
            [
                self._chance.randbytes(self._chance.randint(0, 400)),
                b"\x16\x03\x01" + self._chance.randbytes(200),
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                b"GET / HTTP/9.9\r\n\r\n",
                b"GET\r\n\r\n",
                b"\r\n" * 100,
            ]
        )

    def _control(self) -> bytes:
        """Return a request to the control API of a space, so that its rules do not change other responses."""
        method, path = self._chance.choice(_CONTROL)
        query = self._chance.choice((b"", b"?" + self._chance.choice(_QUERIES)))
        body = self._chance.choice((self._body, self._rule))() if method in {b"PUT", b"POST"} else b""
        head = b"%b /_mock/spaces/fuzz%b%b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\nConnection: close"
        return head % (method, path, query, len(body)) + b"\r\n\r\n" + body

    def _rule(self) -> bytes:
        depth = self._chance.choice((1, 90, 101, 250, 490, 5000))
        value = self._chance.choice(
            (b"[" * depth + b"]" * depth, b"9" * depth, b'"\\ud800"', b"1e999", b'"\xff"', b"null")
        )
        key = self._chance.choice((b"reply", b"body", b"delay", b"code", b"times", b"headers", b"pattern", b"turn"))
        return b'{"rules":[{"%b":%b,"invalid":true}]}' % (key, value)

    def _request(self) -> bytes:
        method = "POST" if self._chance.random() < 0.7 else self._chance.choice(_METHODS)
        path = "/v1/chat" if self._chance.random() < 0.6 else self._chance.choice(_PATHS)
        version = self._chance.choice((*("HTTP/1.1",) * 20, "HTTP/1.0", "HTTP/2", "http/1.1", ""))
        body = self._body()
        lines = [f"{method} {path} {version}".encode()]
        if self._chance.random() < 0.95:
            lines.append(b"Host: 127.0.0.1")
        if self._chance.random() < 0.7:
            lines.append(b"Content-Type: application/json")
        lines += [self._header() for _ in range(self._chance.choice((0, 0, 0, 1, 1, 2, 3, 60)))]
        framing, body = self._framed(body)
        end = self._chance.choice((*(b"\r\n",) * 9, b"\n"))
        return end.join([*lines, *framing, b"", b""]) + body

    def _header(self) -> bytes:
        name, value = self._chance.choice(_NAMES), self._chance.choice(_VALUES)
        return f"{name}: {value}".encode("utf-8" if self._chance.random() < 0.5 else "latin-1", "replace")

    def _body(self) -> bytes:
        roll = self._chance.random()
        if roll < 0.6:
            return next(self._bodies)
        if roll < 0.7:
            return self._chance.randbytes(self._chance.randint(0, 300))
        return self._chance.choice(
            [
                b"",
                b"[" * self._chance.choice((10, 501, 50_000)),
                b'{"a":' * 2000,
                b'{"message":"' + b"a" * self._chance.choice((10, 70_000, 300_000)) + b'"}',
                b'{"message":NaN}',
                b'{"message":"\\ud800","user_id":"\\udfff"}',
                b'{"message":"hi","limit":' + b"9" * self._chance.choice((18, 310, 5000)) + b"}",
                b'{"message":"hi","limit":-1e400}',
                '{"message":"é"}'.encode("utf-16"),
                b"\xef\xbb\xbf{}",
                b'{"message":"hi","message":5,"message":"hi"}',
                b'{"message":"x","events":[' + b'{"timestamp":1,"type":2},' * 500 + b"{}]}",
                b'{"rules":[{"cod":500}]}',
            ]
        )

    def _framed(self, body: bytes) -> tuple[list[bytes], bytes]:
        roll = self._chance.random()
        if roll < 0.6:
            return [b"Content-Length: %d" % len(body)], body
        if roll < 0.75:
            return [b"Transfer-Encoding: chunked"], b"%x\r\n%b\r\n0\r\n\r\n" % (
                len(body),
                body,
            ) if body else b"0\r\n\r\n"
        return self._chance.choice(
            [
                ([b"Content-Length: %d" % (len(body) + 50)], body),
                ([b"Content-Length: %d" % max(0, len(body) - 5)], body),
                ([b"Content-Length: -1"], body),
                ([b"Content-Length: 1", b"Content-Length: 2"], body),
                ([b"Content-Length: 0x10"], body),
                ([b"Content-Length: 5", b"Transfer-Encoding: chunked"], b"5\r\nabcde\r\n0\r\n\r\n"),
                ([b"Transfer-Encoding: chunked"], b"zz\r\n" + body),
                ([b"Transfer-Encoding: chunked"], b"ffffffffffffffff1\r\n" + body),
                ([b"Transfer-Encoding: chunked"], b"5\r\nab"),
                ([b"Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n"),
                ([], body),
            ]
        )
