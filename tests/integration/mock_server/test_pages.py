"""Console and documentation pages: security headers, error gallery, explanations, curl commands."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from flask.testing import FlaskClient

from chat_contract import judge
from chat_contract.exchange import Exchange, Request, Response
from mock_server import Options, Snapshot, create_app, read_snapshot
from mock_server.control.as_curl import as_curl
from mock_server.control.error_gallery import GROUP_TITLES, Group, gallery
from mock_server.control.explain import explain
from mock_server.control.texts import SOURCES, near_miss_text
from mock_server.http.access import Access
from mock_server.http.messages import Answer, Call
from mock_server.http.source import Fault, ReplySource
from mock_server.overrides.prefer import read_preferences
from mock_server.overrides.reading import read_override
from mock_server.shop.scenarios import CueKind, NearMiss, Position
from mock_server.store.journal import Entry, make_entry
from mock_server.store.trace import NO_TRACE
from tests.conftest import RequireProgram
from tests.support.mock import Running
from tests.support.paths import ROOT
from tests.support.small_servers import answering
from tests.support.waiting import PATIENCE

CONSOLE = ROOT / "mock_server" / "control" / "console"


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return read_snapshot(Options(seed=7))


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/_mock/", "/_mock/docs/"])
def test_page_loads_nothing_from_other_origins(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_console_cannot_turn_text_into_html(client: FlaskClient) -> None:
    policy = client.get("/_mock/").headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    script = (CONSOLE / "console.js").read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", script)


@pytest.mark.parametrize("page", ["", "docs/"])
def test_page_resources_are_served_and_have_relative_urls(client: FlaskClient, page: str) -> None:
    """Relative URLs work behind a proxy that adds a path prefix."""
    text = client.get(f"/_mock/{page}").text
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', text)
    assert len(loaded) >= 4
    for target in loaded:
        assert not target.startswith(("/", "http")), target
        assert client.get(urljoin(f"/_mock/{page}", target)).status_code == 200, target


@pytest.mark.parametrize("path", ["/_mock", "/_mock/docs"])
def test_page_without_trailing_slash_redirects(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{path}/")
    in_space = client.get(f"/_mock/spaces/a{path}")
    assert in_space.headers["Location"] == f"/_mock/spaces/a{path}/"
    assert client.get("/_mock/requests").json["requests"] == []


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "nothing.js", "index.html", "..%5capp.py"])
def test_other_files_are_not_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/_mock/files/{name}").status_code == 404


def test_swagger_ui_knows_only_this_mock_as_server(client: FlaskClient) -> None:
    assert [server["url"] for server in client.get("/_mock/docs/openapi.json").json["servers"]] == ["/v1"]


def test_console_page_is_public_and_its_data_are_protected() -> None:
    client = create_app(read_snapshot(Options(control_token="open-sesame"))).test_client()
    assert client.get("/_mock/").status_code == 200
    for path in ("overview", "explain?message=x", "requests/1/curl"):
        assert client.get(f"/_mock/{path}").status_code == 403
    assert client.get("/_mock/overview", headers={"X-Mock-Token": "open-sesame"}).status_code == 200


def test_console_works_under_the_host_name_that_the_mock_listens_on() -> None:
    host = socket.gethostname().lower()
    check = Access((host,)).check_control
    assert check({"host": f"{host}:4010", "origin": f"http://{host}:4010"}, "127.0.0.1") is None
    assert check({"host": f"{host}:4010", "origin": f"http://{host}:81"}, "127.0.0.1")
    assert check({"host": "evil.test:4010", "origin": "http://evil.test:4010"}, "127.0.0.1")


@pytest.mark.parametrize("last", ["0", "-1", "x", "", "²"])
def test_journal_returns_the_last_entries_and_rejects_an_invalid_number(client: FlaskClient, last: str) -> None:
    for message in "abc":
        client.post("/v1/chat", json={"message": message})
    found = client.get("/_mock/requests?last=2").json["requests"]
    assert [entry["request"]["body"]["message"] for entry in found] == ["b", "c"]
    assert client.get(f"/_mock/requests?last={last}").status_code == 400


# Gallery and explanations ---------------------------------------------------------------------------------------------


def test_gallery_shows_every_422_example_and_every_fault(snapshot: Snapshot) -> None:
    rules = [card.rule for card in gallery(snapshot) if card.rule]
    assert set(snapshot.examples[422]) <= {rule.get("example") for rule in rules}
    assert {rule["fault"] for rule in rules if "fault" in rule} == set(Fault)


def test_gallery_omits_replies_that_the_contract_forbids(tmp_path: Path) -> None:
    overlay = tmp_path / "priced.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: priced, version: '1'}\nactions:\n"
        "  - target: $.components.schemas.Item\n    update: {required: [price]}\n"
    )
    priced = read_snapshot(Options(overlays=(overlay,)))
    assert "Item with only an id" not in {card.title for card in gallery(priced)}


@pytest.mark.parametrize("index", range(len(gallery(read_snapshot()))))
def test_card_leads_to_its_response(snapshot: Snapshot, index: int) -> None:
    card = gallery(snapshot)[index]
    client = create_app(snapshot).test_client()
    if card.request:
        raw = card.request
        answer = client.open("/v1/chat", method=raw.method, headers=raw.headers, data=raw.body)
        assert 400 <= answer.status_code < 500
        return
    assert card.rule is not None
    wanted = {**card.rule, "times": 1}
    assert client.put("/_mock/behaviour", json=wanted).json == {"rules": [wanted]}
    if card.prefer:
        assert read_preferences(card.prefer, snapshot) == read_override(card.rule, snapshot)
    if "delay" in wanted or wanted.get("fault") in {"drop", "truncate", "slow", "reset", "close", "hang"}:
        return  # These need a real connection; the browser tests cover them.
    answer = client.post("/v1/chat", json={"message": "a lamp"})
    assert answer.status_code == card.rule.get("code", answer.status_code)
    if answer.status_code in {200, 422} and not wanted.get("fault"):
        request = Request("POST", "/chat", (("Content-Type", "application/json"),), b'{"message": "a lamp"}')
        response = Response(answer.status_code, tuple(answer.headers.items()), answer.data)
        broken = judge(snapshot.contract, Exchange(request, response))
        assert not [found for found in broken if found.clause.startswith("reply.") and found.pointer == ""]


def test_explanation_names_the_reply_and_near_misses(snapshot: Snapshot) -> None:
    found = explain(snapshot, "a desk for heavy tools, and a camping trip")
    assert (found.conversation, found.also_matching) == ("desk-for-heavy-tools", ("camping-weekend",))
    nearly = explain(snapshot, "a desk for heavy things")
    assert (nearly.source, nearly.conversation) == (ReplySource.SEARCH, None)
    missing = {miss.position.scenario: miss.missing for miss in nearly.near_misses}
    assert missing["desk-for-heavy-tools"] == ("tool",)


def test_every_source_cue_and_fault_has_a_text() -> None:
    assert set(SOURCES) == set(ReplySource)
    assert all(near_miss_text(NearMiss(Position("x", 0), kind, (), 0)) for kind in CueKind)
    assert set(GROUP_TITLES) == set(Group)


# curl -----------------------------------------------------------------------------------------------------------------

BODIES = [
    b'{"message": "it\'s"}',
    b"@/etc/hostname",
    b"%s %d \\n \\x41 `id` $(id) \"'",
    b"\x00\x01\xff\xfe raw",
    "ü € 👩‍👩‍👧".encode(),
    b"",
    b"line\nline\r\n",
    bytes(range(256)),
]


def entry_of(snapshot: Snapshot, body: bytes, **headers: str) -> Entry:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_entry(snapshot, 0.0, Call(sent, body), Answer(200, b""), NO_TRACE)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
def test_curl_command_sends_the_same_bytes(snapshot: Snapshot, body: bytes, require_program: RequireProgram) -> None:
    require_program("curl", "curl")
    with answering(lambda _seen: (200, {}, b"")) as server:
        command = as_curl(entry_of(snapshot, body, content_type="application/json"), f"http://127.0.0.1:{server.port}")
        ran = subprocess.run(["sh", "-c", command], capture_output=True, timeout=PATIENCE, check=True)
        assert ran.stdout.startswith(b"HTTP/1.1 200")
        [(method, path, headers, sent)] = server.seen
    assert (method, path, sent) == ("POST", "/v1/chat", body)
    assert {name.lower(): value for name, value in headers.items()}["content-type"] == "application/json"


def test_curl_command_reads_keys_from_the_environment_and_omits_browser_headers(snapshot: Snapshot) -> None:
    headers = {"authorization": "Bearer secret", "x_api_key": "secret", "sec_fetch_mode": "cors", "cookie": "a=secret"}
    command = as_curl(entry_of(snapshot, b"{}", **headers, prefer="code=429"), "http://x")
    assert "secret" not in command
    assert "sec-fetch" not in command
    assert '"Authorization: Bearer $CHAT_API_KEY"' in command
    assert "-H 'prefer: code=429'" in command


def test_curl_command_of_an_unknown_request_returns_404(server: Running) -> None:
    answer = requests.get(f"http://127.0.0.1:{server.port}/_mock/requests/99999/curl", timeout=PATIENCE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
