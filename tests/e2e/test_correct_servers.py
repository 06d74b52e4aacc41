"""Every server of the collection is correct: a client written from the contract alone finds no fault in it.

It shows that the collection is what it says. `breaks` of an entry must name exactly the SHOULDs that it breaks.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import requests

from testbed.correct_servers import ENTRIES, Entry, missing, serving
from testbed.correct_servers.toolchains import Toolchain, built
from testbed.quality.verifying import verify
from tests.support.waiting import PATIENCE

Place = tuple[str | int, ...]

EXAMPLE_EVENTS = [
    {
        "timestamp": "2024-06-14T10:00:00Z",
        "type": "browse",
        "item_id": "ST678VG",
        "description": "Viewed workshop desk details page",
    },
    {
        "timestamp": "2024-06-14T10:03:00Z",
        "type": "click",
        "item_id": "ST678VG",
        "description": "Clicked on product image",
    },
]
FULL = {
    "message": "Which desk would you recommend for heavy tools?",
    "session_id": "2f396d29-fb98-44cf-996c-e8c66fc02fbe",
    "user_id": "u8a7d9f6",
    "events": EXAMPLE_EVENTS,
    "limit": 3,
}
EVENT = {"timestamp": "2024-06-14T10:00:00Z", "type": "click"}
NESTED: Callable[[int], Any] = lambda depth: json.loads("[" * depth + "]" * depth)  # noqa: E731


def with_event(**fields: Any) -> dict[str, Any]:
    return {"message": "hi", "events": [EVENT | fields]}


def must_accept_bodies() -> Iterator[dict[str, Any]]:
    """Bodies that every correct server accepts."""
    yield {"message": "hi"}
    yield FULL
    yield dict(reversed(FULL.items()))
    for name in ("session_id", "user_id", "events", "limit"):
        yield {"message": "hi", name: FULL[name]}
    yield {"message": "hi", "events": []}
    for text in [
        "x",
        "'",
        "?",
        "\u200b€",
        '"',
        "\\ \\n {}{{}} %s %(a)s",
        "日本語 עברית العربية",
        "🎁" * 1000,
        "é" * 1000,
        "a" * 1000,
    ]:
        yield {"message": text}
    for stamp in [
        "1600-01-01T00:00:00Z",
        "9998-12-31T23:59:59Z",
        "9998-12-31T23:59:59-12:00",
        "1600-01-01T00:00:00+14:00",
        "2024-02-29T12:00:00.1+05:30",
        "2024-06-14T23:59:59.123456-12:00",
        "2024-06-14T10:00:00-00:00",
    ]:
        yield with_event(timestamp=stamp)
    yield with_event(item_id="A-z_0")
    yield with_event(item_id="i" * 64, description="🎁 'so' \"nice\"" * 5, type="t" * 100)
    yield {"message": "hi", "user_id": "1", "session_id": "1" * 64}
    yield {
        "message": "hi",
        "events": [EVENT] * 10 + [EVENT | {"timestamp": f"2024-06-{d}T10:00:00Z"} for d in range(10, 20)],
    }


def must_reject_bodies() -> Iterator[tuple[Any, list[Place]]]:
    """Bodies that every correct server rejects, each with the places at fault."""
    for body in ([], [{"message": "hi"}], "message", 5, 0, True, False, None):
        yield body, [()]
    yield {}, [("message",)]
    yield {"events": []}, [("message",)]
    for value in (None, 5, True, ["hi"], {"a": "hi"}, 2.5):
        yield {"message": value}, [("message",)]
        yield FULL | {"message": value}, [("message",)]
    for value in (5, True, ["hi"], {}, 0, False):
        for name in ("conversation_id", "session_id", "user_id"):
            yield {"message": "hi", name: value}, [(name,)]
            yield FULL | {name: value}, [(name,)]
        for name in ("item_id", "description"):
            yield with_event(**{name: value}), [("events", 0, name)]
    for value in ("x", "", 5, True, {}, {"0": EVENT}):
        yield {"message": "hi", "events": value}, [("events",)]
    for value in (2.5, -0.5, "abc", "5a", "0x5", "five", [], {}, [4]):
        yield {"message": "hi", "limit": value}, [("limit",)]
        yield FULL | {"limit": value}, [("limit",)]
    for value in (None, "x", 5, [], True):
        yield {"message": "hi", "events": [value]}, [("events", 0)]
        yield {"message": "hi", "events": [EVENT, EVENT, value]}, [("events", 2)]
    for name, values in {"timestamp": [None, True, [], {}], "type": [None, 5, True, [], {}]}.items():
        for index in (0, 1, 2):
            gap = [EVENT, EVENT, EVENT]
            gap[index] = {key: value for key, value in EVENT.items() if key != name}
            yield {"message": "hi", "events": gap}, [("events", index, name)]
            for value in values:
                events = [EVENT, EVENT, EVENT]
                events[index] = EVENT | {name: value}
                yield FULL | {"events": events}, [("events", index, name)]
    yield {"message": "hi", "events": [{}]}, [("events", 0, "timestamp"), ("events", 0, "type")]
    bad = {"message": 5, "conversation_id": 5, "session_id": [], "user_id": {}, "events": "x", "limit": 2.5}
    for first, second in combinations(bad, 2):
        yield FULL | {first: bad[first], second: bad[second]}, [(first,), (second,)]


def unspecified_bodies() -> Iterator[tuple[dict[str, Any], list[Place]]]:
    """Bodies that a server may accept, or reject with a 422 that names one of these places; it must not fail."""
    for value in (0, 11, 50, 1000, -1, -1000, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, 10**30, 5.0, 1e2, 1e30):
        yield {"message": "hi", "limit": value}, [()] if value >= 2**63 else [("limit",)]
    for value in (True, False, None, "5", " 5 ", "5.0", "+5", "1_000", ""):
        yield {"message": "hi", "limit": value}, [("limit",)]
    for name in ("conversation_id", "session_id", "user_id", "events"):
        yield {"message": "hi", name: None}, [(name,)]
    for name in ("item_id", "description"):
        yield with_event(**{name: None}), [("events", 0, name)]
    for value in (1, None, [], {"a": 1}, NESTED(50)):
        yield {"message": "hi", "unknown": value}, [("unknown",)]
        yield with_event(unknown=value), [("events", 0, "unknown")]
    for name in ("__proto__", "constructor", "toString", "__class__", "$ref", "", "\0a", "a.b/c~d"):
        yield {"message": "hi", name: {}}, [(name,)] if name and name.isprintable() and name not in PROTOTYPE else [()]
    for value in ({"": 1}, {"\0": 1}, {"__proto__": 1}, 2**63, NESTED(64)):
        yield {"message": "hi", "unknown": value}, [()]
        yield with_event(unknown=value), [()]
    yield {"Message": "hi"}, [("message",), ("Message",)]
    yield {"message": "hi", "Limit": "four"}, [("limit",), ("Limit",)]
    yield with_event(Item_ID=5), [("events", 0, "item_id"), ("events", 0, "Item_ID")]
    strings = [
        "",
        " ",
        " a ",
        "a\nb",
        "\x00",
        "\x7f\x9f",
        "' OR 1=1 --",
        "{message} %s %d {0} ${x} {{y}}",
        "\\",
        "é日本🎁",
        "\u202eabc",
        "0",
        "123",
        "null",
        "x" * 1001,
        "x" * 100_000,
        "🎁" * 1001,
    ]
    for text in strings:
        yield {"message": text}, [("message",)]
        for name in ("conversation_id", "session_id", "user_id"):
            yield {"message": "hi", name: text}, [(name,)]
        for name in ("timestamp", "type", "item_id", "description"):
            yield with_event(**{name: text}), [("events", 0, name)]
    yield {"message": "hi", "session_id": "é é", "user_id": "é é"}, [("session_id",), ("user_id",)]
    for stamp in [
        "yesterday",
        "2024-06-14",
        "2024-06-14 10:00:00",
        "2024-06-14T10:00:00",
        "2024-06-14t10:00:00z",
        "2024-06-14T10:00:60Z",
        "2024-06-14T23:59:60Z",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "1582-10-10T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "2024-06-14T10:00:00-14:00",
        "10000-01-01T00:00:00Z",
        "2024-06-14T10:00:00+25:00",
        "2024-06-14T10:00:00+23:59",
        "2024-06-14T10:00:00.1234567890Z",
        "20240614T100000Z",
        "1718359200",
        "1e400",
        1718359200,
        1718359200.5,
        1718359200000,
        -1,
        0,
        2**63,
        10**30,
        1e30,
        1e308,
    ]:
        yield (
            with_event(timestamp=stamp),
            [()] if type(stamp) is int and stamp >= 2**63 else [("events", 0, "timestamp")],
        )
    mixed = [EVENT | {"timestamp": "2024-06-14T10:00:00"}, EVENT, EVENT | {"timestamp": "2020-01-01T00:00:00+02:00"}]
    yield {"message": "hi", "events": mixed}, [("events", 0, "timestamp")]
    yield {"message": "hi", "events": [EVENT] * 21}, [("events",)]
    yield {"message": "hi", "events": [EVENT | {"item_id": "ST678VG"}] * 1000}, [("events",)]
    example = FULL | {"conversation_id": "c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f"}
    yield example, [("conversation_id",)]


PROTOTYPE = {"__proto__", "constructor", "prototype"}
MALFORMED = [
    b"",
    b"   ",
    b"hello",
    b"message=hello",
    b'{"message":',
    b'{"message":"hi',
    b'{"message" "hi"}',
    b'{"message":"hi" "limit":4}',
    b"]",
]
LENIENT = [  # malformed, but a parser may take it as an extension of JSON
    b'{"message":"hi",}',
    b"{'message':'hi'}",
    b'{"message":"hi"}{"message":"hi"}',
    b'{"message":"a\nb"}',
    b'{"message":"\\x41"}',
    b'{"message":"hi"} // c',
    b'/* c */ {"message":"hi"}',
    b'{"message":"hi","limit":04}',
    b'{"message":"hi","limit":+4}',
    b'{"message":"hi","limit":.5}',
    b'{"message":undefined}',
    b"{message:1}",
]
FOREIGN = [  # outside I-JSON: 200 or any 4xx is right, and what real frameworks fail on is left out
    b'\xef\xbb\xbf{"message":"hi"}',
    b'{"message":"\xff"}',
    b'{"message":"caf\xe9"}',
    b'{"message":5,"message":"hi"}',
    b'{"message":"hi","message":5}',
    b'{"message":"\\ud800"}',
    b'{"message":"hi","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
]


class Player:
    """Sends requests, waits after a 429, checks every response and collects the SHOULD clauses that are broken."""

    def __init__(self, entry: Entry, base_url: str, session: requests.Session) -> None:
        self.entry, self.url, self.session, self.broken = entry, f"{base_url}/chat", session, set[str]()
        self.headers = {"Authorization": f"Bearer {entry.key}"} if entry.key else {}
        self.session.trust_env = False
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=8))

    def send(
        self,
        body: Any,
        *,
        method: str = "POST",
        url: str = "",
        headers: dict[str, Any] | None = None,
        may_fail: bool = False,
    ) -> Any:
        data = json.dumps(body).encode() if isinstance(body, dict | list | str | int | float | None) else body
        sent = {"Content-Type": "application/json"} | self.headers | (headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        for _ in range(60):
            answer = self._answer(method, url or self.url, data, sent)
            if answer.status_code != 429:
                break
            time.sleep(float(answer.headers["Retry-After"]))
        assert may_fail or answer.status_code < 500, (answer.status_code, str(body)[:200], answer.text[:300])
        if answer.status_code == 422:
            self.check_refusal(answer)
        return answer

    def _answer(self, method: str, url: str, data: Any, headers: dict[str, Any]) -> requests.Response:
        def answer() -> requests.Response:
            content = data() if callable(data) else data
            return self.session.request(
                method, url, data=content, headers=headers, timeout=PATIENCE, allow_redirects=False
            )

        try:
            return answer()
        except requests.exceptions.ConnectionError:
            # A server may close a kept connection just as it is used again, as crystal-http does under load.
            return answer()

    def good(self, body: Any, most: int | None = None, **more: Any) -> dict[str, Any]:
        answer = self.send(body, **more)
        assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        return self.check_reply(answer, most)

    def check_json(self, answer: Any) -> Any:
        assert answer.headers["Content-Type"].split(";")[0] == "application/json"
        return json.loads(answer.content.decode("utf-8"), parse_constant=lambda name: pytest.fail(f"{name} in a reply"))

    def check_reply(self, answer: Any, most: int | None = None) -> dict[str, Any]:
        reply = self.check_json(answer)
        assert isinstance(reply["conversation_id"], str)
        assert reply["conversation_id"]
        assert reply["message"].strip()
        assert isinstance(reply["items"], list)
        assert most is None or len(reply["items"]) <= most
        for item in reply["items"]:
            assert isinstance(item["item_id"], str)
            assert item["item_id"]
            for name in ("title", "status", "description", "price"):
                assert isinstance(item.get(name), str | None)
                if name not in item:
                    self.broken.add("item-fields")
        assert len({item["item_id"] for item in reply["items"]}) == len(reply["items"])
        return reply

    def check_refusal(self, answer: Any) -> list[Place]:
        """The locations of a 422, read as the contract says."""
        detail, locs = self.check_json(answer)["detail"], []
        assert isinstance(detail, list)
        assert detail
        for fault in detail:
            assert isinstance(fault["msg"], str)
            assert isinstance(fault["type"], str)
            assert fault["msg"]
            assert fault["type"]
            loc = fault["loc"]
            assert isinstance(loc, list)
            assert all(isinstance(step, str | int) and not isinstance(step, bool) for step in loc)
            if loc[:1] != ["body"]:
                self.broken.add("loc-body")
            rest = loc[1:] if loc[:1] == ["body"] else loc
            if "events" in rest and any(isinstance(step, str) and step.isdigit() for step in rest):
                self.broken.add("loc-index")
                rest = [int(step) if isinstance(step, str) and step.isdigit() else step for step in rest]
            locs.append(tuple(rest))
        return locs

    def refused(self, body: Any, places: list[Place]) -> None:
        answer = self.send(body)
        assert answer.status_code == 422, (answer.status_code, body, answer.text[:300])
        self.check_blame(answer, places)

    def check_blame(self, answer: Any, places: list[Place]) -> None:
        for loc in self.check_refusal(answer):
            assert any(is_within(loc, place) for place in places), (loc, places, answer.text[:300])

    def either(self, body: dict[str, Any], places: list[Place]) -> None:
        answer = self.send(body)
        if answer.status_code == 200:
            limit = body.get("limit", 4)
            reply = self.check_reply(answer, max(limit, 0) if type(limit) is int else None)
            sent = body.get("conversation_id")
            assert reply["conversation_id"] == sent or sent != reply["conversation_id"].strip()
        elif answer.status_code == 404 and body.get("conversation_id") is not None:
            self.broken.add("unknown-id-404")
        elif answer.status_code == 413:
            assert len(json.dumps(body)) > 65536
        else:
            assert answer.status_code == 422, (answer.status_code, str(body)[:200], answer.text[:300])
            self.check_blame(answer, places)


def is_within(loc: Place, place: Place) -> bool:
    """Say whether the loc leads to the place: names such as a tag may stand between its steps, indexes may not."""
    steps = iter(loc)
    return all(any(step == wanted and type(step) is type(wanted) for step in steps) for wanted in place)


def play_requests(player: Player, each: Callable[[Callable[..., None], Iterable[Any]], None]) -> None:
    each(lambda body: player.good(body, body.get("limit", 4)), must_accept_bodies())
    each(lambda case: player.refused(*case), must_reject_bodies())
    each(lambda case: player.either(*case), unspecified_bodies())
    shuffled = json.dumps(FULL, indent=3, ensure_ascii=False).encode()
    player.good(shuffled, 3, headers={"Content-Type": "application/json; charset=utf-8"})


def play_conversation(player: Player) -> None:
    begun = [
        player.good({"message": "hi", "session_id": "s", "user_id": "u"} if n % 2 else {"message": "hi"})
        for n in range(20)
    ]
    ids = [reply["conversation_id"] for reply in begun]
    assert len(set(ids)) == 20
    known = player.good({"message": "a desk", "user_id": "u"})["conversation_id"]
    for turn in range(5):
        body = {"message": f"turn {turn}", "conversation_id": known, "session_id": f"s{turn % 2}", "limit": turn + 1}
        body |= {"user_id": "u"} if turn % 2 else {"events": EXAMPLE_EVENTS}
        assert player.good(body, turn + 1)["conversation_id"] == known
        player.refused({"message": "hi", "conversation_id": known, "limit": "abc"}, [("limit",)])
        player.refused({"conversation_id": known, "events": [EVENT, {}]}, [("message",), ("events", 1)])
    assert player.good({"message": "no limit", "conversation_id": known}, 4)["conversation_id"] == known
    for limit in range(1, 11):
        player.good({"message": "desk", "limit": limit}, limit)
    with ThreadPoolExecutor(4) as pool:
        replies = pool.map(lambda one: player.good({"message": "hi", "conversation_id": one}), ids[:8])
        assert [reply["conversation_id"] for reply in replies] == ids[:8]


def play_http(player: Player, each: Callable[[Callable[..., None], Iterable[Any]], None]) -> None:
    def malformed(body: bytes) -> None:
        status = player.send(body).status_code
        assert 400 <= status < 500, (status, body)
        if status != 422:
            player.broken.add("malformed-422")

    def lenient(body: bytes) -> None:
        answer = player.send(body)
        if answer.status_code == 200:
            player.check_reply(answer)
            player.broken.add("lenient-json")
        else:
            malformed(body)

    def foreign(body: bytes) -> None:
        if player.send(body, may_fail=True).status_code >= 500:
            player.broken.add("foreign-5xx")

    def other_type(media_type: str | None) -> None:
        status = player.send({"message": "hi"}, headers={"Content-Type": media_type}).status_code
        assert status == 200 or 400 <= status < 500, (status, media_type)

    each(malformed, MALFORMED)
    each(lenient, LENIENT)
    each(foreign, FOREIGN)
    media_types = [
        None,
        "text/plain",
        "text/json",
        "json",
        "",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
    ]
    charsets = ["utf-16", "iso-8859-1", "nonsense", '"utf-8"', ""]
    each(other_type, [*media_types, "application/vnd.api+json", *(f"application/json; charset={c}" for c in charsets)])
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"):
        # cpp-httplib may read the body of a method that it does not know as the next request of the connection.
        sent = {"message": "hi"} if method.startswith("P") else b""
        answer = player.send(sent, method=method, may_fail=True)
        player.session.close()
        wanted = (200, 204, 404, 405, 501) if method in ("HEAD", "OPTIONS") else (404, 405, 501)
        if answer.status_code == 400:
            player.broken.add("method-400")
        else:
            assert answer.status_code in wanted, (method, answer.status_code)
        if answer.status_code == 405 and "POST" not in answer.headers.get("Allow", ""):
            player.broken.add("allow")
    assert player.send({"message": "hi"}, url=player.url + "s").status_code == 404
    if player.send(lambda: iter([b'{"message":', b'"hi"}'])).status_code != 200:
        player.broken.add("chunked")
    deep = player.send({"message": "hi", "unknown": NESTED(498)})
    assert deep.status_code in (200, 422), deep.status_code
    assert player.send({"unknown": NESTED(498)}).status_code == 422


def play_credentials(player: Player, key: str) -> None:
    lenient = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    for wrong in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        f"Bearer {key}x",
        f"Basic {key}",
        key,
        f"Bearer {key} x",
        "Bearer é",
    ]:
        answer = player.send(FULL, headers={"Authorization": wrong.encode(), **lenient})
        assert answer.status_code == 401, wrong
        assert "ST678VG" not in answer.text
    assert player.send(FULL, headers={"Authorization": None}).status_code == 401
    assert player.send(FULL, headers={"Authorization": None, "X-API-Key": "wrong"}).status_code == 401
    other = player.send(FULL, headers={"Authorization": None, "X-API-Key": key})
    assert other.status_code == (200 if player.entry.api_key_header else 401)


@pytest.mark.parametrize("name", ENTRIES)
def test_server_conforms_to_the_contract(name: str) -> None:
    entry = ENTRIES[name]
    if lacking := missing(entry):
        # CI installs the toolchains of Python and Node only.
        required = os.environ.get("CHAT_CONTRACT_REQUIRE_ALL") == "1" and entry.toolchain is None
        give_up = pytest.fail if required else pytest.skip
        give_up(f"{name} needs {', '.join(lacking)}")
    thin = 16 if entry.pace else 8 if name.endswith("slow") else 1  # slow servers get a sample of the requests
    with serving(name) as base_url, ThreadPoolExecutor(4) as pool, requests.Session() as session:
        player = Player(entry, base_url, session)

        def each(play: Callable[..., None], cases: Iterable[Any]) -> None:
            list(pool.map(play, list(cases)[::thin]))

        play_requests(player, each)
        play_http(player, each)
        if not entry.pace:
            play_conversation(player)
        if entry.key:
            play_credentials(player, entry.key)
        assert player.broken == set(entry.breaks)


def test_later_run_on_a_server_that_keeps_conversations_conforms() -> None:
    """The server ties the ids of the first run to its users; another seed sends them with others."""
    with serving("fastapi-one-shopper") as base_url:
        verdicts = [verify(base_url, ["--seed", seed, "--strict"]).verdict for seed in ("0", "1")]
    assert verdicts == ["conforms", "conforms"]


def test_collection_covers_at_least_twenty_servers() -> None:
    assert len(ENTRIES) >= 22
    assert len({entry.framework for entry in ENTRIES.values()}) >= 7
    assert all(entry.about for entry in ENTRIES.values())
    assert shutil.which("node") is None or sum(entry.on_node for entry in ENTRIES.values()) >= 4


def test_server_without_its_toolchain_names_the_packages_that_are_missing() -> None:
    absent = Toolchain("chat.rb", "cobol-compiler", ("no-such-compiler",), run=(), files=("/no/such/library",))
    assert missing(Entry("cobol", "COBOL", "", (), toolchain=absent)) == [
        "no-such-compiler, /no/such/library (Debian packages cobol-compiler)"
    ]


def test_server_is_built_once_for_each_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    copy = Toolchain("chat.rb", "", (), run=(), build=("cp", "{source}", "{out}/server"))
    out = built(copy)
    assert (out / "server").read_bytes() == copy.path.read_bytes()
    (out / "server").write_text("kept")
    assert (built(copy) / "server").read_text() == "kept"
    other = Toolchain("chat.pl", "", (), run=(), build=("cp", "{source}", "{out}/server"))
    assert built(other) != out
    with pytest.raises(RuntimeError, match="cannot be built"):
        built(Toolchain("chat.rb", "", (), run=(), build=("false",)))
