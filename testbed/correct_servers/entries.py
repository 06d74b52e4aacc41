"""The collection: each implementation, how it treats what the contract leaves unspecified, and how to start it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from testbed.correct_servers import toolchains
from testbed.correct_servers.toolchains import Toolchain

NODE = Path(__file__).parent / "node"
FASTAPI = ("fastapi", "uvicorn")


@dataclass(frozen=True)
class Entry:
    name: str
    framework: str
    about: str
    run: tuple[str, ...]  # module and style for Python, or the script for Node
    needs: tuple[str, ...] = ()
    prefix: str = "/v1"
    key: str | None = None
    api_key_header: bool = False  # accepts the key in X-API-Key too
    breaks: Mapping[str, str] = field(default_factory=dict)  # the SHOULD clauses that it violates, and the usual reason
    pace: float = 0  # requests a second, where it is limited
    toolchain: Toolchain | None = None  # for languages other than Python and JavaScript

    @property
    def on_node(self) -> bool:
        return self.toolchain is None and self.run[0].endswith(".mjs")

    def command(self, python: str, port: int) -> list[str]:
        if self.toolchain is not None:
            return self.toolchain.command(port)
        if self.on_node:
            return ["node", str(NODE / self.run[0]), str(port), *self.run[1:]]
        return [python, "-m", f"testbed.correct_servers.{self.run[0]}", *self.run[1:], str(port)]


def fastapi(name: str, style: str, about: str, **more: object) -> Entry:
    return Entry(f"fastapi-{name}", "FastAPI", about, ("fastapi_apps", style), FASTAPI, **more)


def node(name: str, framework: str, needs: tuple[str, ...], about: str, **more: object) -> Entry:
    return Entry(name, framework, about, (f"{name}.mjs",), needs, **more)


def other(name: str, framework: str, toolchain: Toolchain, about: str, **more: object) -> Entry:
    return Entry(name, framework, about, (), toolchain=toolchain, **more)


ENTRIES = {
    entry.name: entry
    for entry in [
        fastapi("lax", "lax", "default style: null for every optional field, coerced limits of any size"),
        fastapi("nonnull", "nonnull", "optional means absent: null is refused, limits are coerced"),
        fastapi("strict", "strict", "StrictStr and StrictInt, limit from 0; null is taken for strings only"),
        fastapi("forbid", "forbid", "exactly must-accept (unknown ids apart): bounds, patterns, no unknown property"),
        fastapi("text-timestamps", "text_timestamps", "any string is a timestamp, numbers are not; limit 0..100"),
        fastapi("union", "union", "a tagged union of events, timestamp date or number: tags at the end of loc"),
        fastapi("raw", "raw", "parses the bytes with pydantic, any media type is taken for JSON"),
        fastapi("named", "named", "loc holds the parameter's name after body"),
        fastapi("streaming", "streaming", "chunked replies without Content-Length"),
        fastapi("slow", "slow", "50 to 200 ms a reply"),
        fastapi("limited", "limited", "8 requests a second, then 429 with Retry-After: 1", pace=8),
        fastapi("keyed", "keyed", "401 without a key, in either header", key="demo-key-0001", api_key_header=True),
        fastapi("fresh-ids", "fresh_ids", "replaces an unknown conversation_id by a fresh one"),
        fastapi("known-ids", "known_ids", "refuses an unknown conversation_id with 422"),
        fastapi("one-shopper", "one_shopper", "refuses another user_id in a continued conversation"),
        fastapi("varied", "varied", "random words and number of items, extra fields everywhere"),
        fastapi("gzipped", "gzipped", "compresses replies when the client can read that"),
        fastapi(
            "bad-request",
            "bad_request",
            "malformed JSON gets 400 with one sentence",
            breaks={"malformed-422": "its handler returns 400 for malformed JSON, as many frameworks do"},
        ),
        Entry(
            "flask-by-hand",
            "Flask",
            "isinstance and fromisoformat: strict types, null counts as absent, limit from 0",
            ("flask_apps", "by_hand"),
            ("flask",),
        ),
        Entry(
            "flask-schema",
            "Flask",
            "a Draft 7 schema: null rejected, 5.0 an integer, limit up to 50, only RFC 3339, 415 for other media types",
            ("flask_apps", "by_schema"),
            ("flask", "jsonschema"),
            breaks={"unknown-id-404": "the application treats an unknown id as a missing resource"},
        ),
        Entry(
            "litestar-msgspec",
            "Litestar",
            "msgspec's strict types: null rejected, any media type parsed as JSON, the first fault only",
            ("litestar_app", "app"),
            ("litestar", "msgspec", "uvicorn"),
            breaks={"foreign-5xx": "Litestar 2 answers 500 to broken UTF-8 and to absurd depth"},
        ),
        Entry(
            "starlette-jsonschema",
            "Starlette",
            "a 2020-12 schema: closed objects, null accepted, limit 1..20, formats checked",
            ("starlette_app", "app"),
            ("starlette", "jsonschema", "uvicorn"),
            prefix="/api/v1",
        ),
        Entry(
            "django-ninja",
            "Django Ninja",
            "its own 422s, with the parameter's name in loc; null for strings only; any media type",
            ("ninja_app", "app"),
            ("ninja", "django", "uvicorn"),
        ),
        Entry(
            "aiohttp-pydantic1",
            "aiohttp",
            "errors of pydantic 1 (value_error.missing), any number is a timestamp, any limit accepted",
            ("aiohttp_app", "app"),
            ("aiohttp", "pydantic"),
        ),
        Entry(
            "sanic-msgspec",
            "Sanic",
            "msgspec's lax mode: limits in strings, Unix seconds, the first fault only",
            ("sanic_app", "app"),
            ("sanic", "msgspec"),
        ),
        Entry(
            "falcon-jsonschema-rs",
            "Falcon",
            "any string or number is a timestamp, limit null or 0..1000, messages that quote the input",
            ("falcon_app", "app"),
            ("falcon", "jsonschema_rs"),
            breaks={
                "item-fields": "an unavailable item has no price",
                "chunked": "the stream that Falcon bounds by Content-Length is empty without one",
            },
        ),
        Entry(
            "bottle-table",
            "Bottle",
            'a table of checks, first fault only: 5.0 and "5" are limits, null is absent, at most 200 events; HTTP/1.0',
            ("bottle_app", "app"),
            ("bottle",),
            breaks={"loc-body": "its locations are paths inside the JSON, which begin below the body"},
        ),
        Entry(
            "stdlib",
            "http.server",
            "printable ids of up to 128 characters, at most 20 events, a pattern for timestamps, null item fields",
            ("stdlib_app", "app"),
            prefix="",
        ),
        Entry(
            "tornado-dataclasses",
            "Tornado",
            "exact types of dataclasses: null for strings only, numbers as timestamps, any string as one",
            ("tornado_app", "app"),
            ("tornado",),
            breaks={"allow": "Tornado's 405 has no Allow"},
        ),
        node(
            "express-zod",
            "Express",
            ("express", "zod"),
            "zod's strict types: null rejected, limit 0..100, events at most 500, unknown properties dropped",
        ),
        node(
            "fastify-ajv",
            "Fastify",
            ("fastify",),
            "ajv without coercion: null rejected, limit from 0, __proto__ refused, 415 for other media types",
        ),
        node(
            "hono-zod",
            "Hono",
            ("hono", "@hono/node-server", "zod"),
            "strict objects, null accepted, digits as limit, local times and numbers as timestamps; a bearer token",
            key="hono-key-42",
        ),
        node(
            "koa-ajv",
            "Koa",
            ("koa", "ajv", "ajv-formats"),
            "limit 1..12, null as absent, at most 50 events, the first fault only",
            breaks={"loc-index": "a JSON pointer cut at its slashes is made of strings"},
        ),
        node("node-http", "node:http", (), "no framework: lenient numbers, null as absent, the first fault only"),
        other(
            "go-net-http",
            "net/http",
            toolchains.GO,
            "encoding/json: the first wrong type and all missing fields, names in any case, limits of 64 bits",
            breaks={"lenient-json": "a Decoder leaves what follows a value unread"},
        ),
        other(
            "java-jackson",
            "JDK",
            toolchains.JAVA,
            "Jackson: the first wrong type, or else all missing fields; limits of 32 bits, also as strings",
            breaks={"lenient-json": "an ObjectMapper leaves what follows a value unread"},
        ),
        other(
            "ruby-webrick",
            "WEBrick",
            toolchains.RUBY,
            "JSON.parse: comments, at most 100 deep; Time.iso8601 reads the timestamps; integers of any size",
            breaks={"lenient-json": "json reads comments"},
        ),
        other(
            "php-builtin",
            "PHP",
            toolchains.PHP,
            "json_decode: no name that begins with NUL, null rejected, integral floats accepted as limits",
        ),
        other(
            "rust-tiny-http",
            "tiny_http",
            toolchains.RUST,
            "serde_json: strict, at most 128 deep; any string is a timestamp, limits of 64 bits",
        ),
        other(
            "cpp-httplib",
            "cpp-httplib",
            toolchains.CPP,
            "nlohmann/json: the first fault only, null rejected, integral floats and numeric timestamps accepted",
            breaks={"method-400": "cpp-httplib does not know TRACE and PROPFIND"},
        ),
        other(
            "perl-mojolicious",
            "Mojolicious",
            toolchains.PERL,
            "Mojo::JSON: integral floats accepted as limits, null as absent, any string is a timestamp",
        ),
        other(
            "crystal-http",
            "HTTP::Server",
            toolchains.CRYSTAL,
            "JSON.parse: an integer outside of 64 bits makes the whole body unreadable",
        ),
        other(
            "csharp-httplistener",
            "HttpListener",
            toolchains.CSHARP,
            "System.Json: null as absent, integral numbers of any notation as limits, any string is a timestamp",
            breaks={"lenient-json": "System.Json reads several extensions of JSON"},
        ),
    ]
}
