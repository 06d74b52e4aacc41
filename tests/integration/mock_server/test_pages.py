"""What the console is made of: its pages and their policy, the gallery, what would answer, the curl of a request."""

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
from mock_server import Blueprint, Options, create_app, read_blueprint
from mock_server.control.as_curl import as_curl
from mock_server.control.error_gallery import gallery
from mock_server.control.explain import explain
from mock_server.control.guard import refusal
from mock_server.http.messages import Answer
from mock_server.loading.snapshot import State
from mock_server.respond.journal import Entry
from tests.conftest import RequireProgram
from tests.support.mock import Running
from tests.support.paths import ROOT
from tests.support.small_servers import answering

CONSOLE = ROOT / "mock_server" / "console"


@pytest.fixture(scope="module")
def state() -> State:
    return State.from_blueprint(read_blueprint(Options(seed=7)))


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/_mock/", "/_mock/docs/"])
def test_a_page_lets_nothing_in_from_elsewhere(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_in_the_console_no_text_can_become_markup(client: FlaskClient) -> None:
    policy = client.get("/_mock/").headers["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    script = (CONSOLE / "console.js").read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", script)


@pytest.mark.parametrize("page", ["", "docs/"])
def test_all_that_a_page_loads_is_served_and_named_relatively(client: FlaskClient, page: str) -> None:
    """Relatively, so that it is found behind a proxy that adds a folder."""
    text = client.get(f"/_mock/{page}").text
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', text)
    assert len(loaded) >= 4
    for target in loaded:
        assert not target.startswith(("/", "http")), target
        assert client.get(urljoin(f"/_mock/{page}", target)).status_code == 200, target


@pytest.mark.parametrize("path", ["/_mock", "/_mock/docs"])
def test_a_page_without_its_last_slash_leads_to_it(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{path}/")
    assert client.get("/_mock/requests").json == {"requests": []}


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "nothing.js", "index.html", "..%5capp.py"])
def test_no_other_file_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/_mock/files/{name}").status_code == 404


def test_swagger_ui_is_told_of_no_server_but_this_mock(client: FlaskClient) -> None:
    assert [server["url"] for server in client.get("/_mock/docs/openapi.json").json["servers"]] == ["/v1"]


def test_the_console_holds_no_secret_and_its_data_are_guarded(blueprint: Blueprint) -> None:
    client = create_app(read_blueprint(Options(control_token="open-sesame"))).test_client()
    assert client.get("/_mock/").status_code == 200
    for path in ("overview", "explain?message=x", "requests/1/curl"):
        assert client.get(f"/_mock/{path}").status_code == 403
    assert client.get("/_mock/overview", headers={"X-Mock-Token": "open-sesame"}).status_code == 200


def test_the_mocks_own_page_may_control_it_under_the_name_it_listens_on() -> None:
    host = socket.gethostname().lower()
    ask = {"token": None, "origins": (), "own_name": host}
    assert refusal({"host": f"{host}:4010", "origin": f"http://{host}:4010"}, "127.0.0.1", **ask) is None
    assert refusal({"host": f"{host}:4010", "origin": f"http://{host}:81"}, "127.0.0.1", **ask)
    assert refusal({"host": "evil.test:4010", "origin": "http://evil.test:4010"}, "127.0.0.1", **ask)


@pytest.mark.parametrize("last", ["0", "-1", "x", "", "²"])
def test_the_journal_gives_the_last_few_and_refuses_a_number_that_is_none(client: FlaskClient, last: str) -> None:
    for message in "abc":
        client.post("/v1/chat", json={"message": message})
    found = client.get("/_mock/requests?last=2").json["requests"]
    assert [entry["request"]["body"]["message"] for entry in found] == ["b", "c"]
    assert client.get(f"/_mock/requests?last={last}").status_code == 400


# Gallery and explanations ---------------------------------------------------------------------------------------------


def test_the_gallery_shows_every_refusal_of_the_contract(state: State) -> None:
    shown = {card["rule"].get("example") for card in gallery(state) if card["rule"]}
    assert set(state.blueprint.examples[422]) <= shown
    assert {card["rule"]["fault"] for card in gallery(state) if "fault" in (card["rule"] or {})} == {
        *("drop", "truncate", "malformed", "slow", "empty")
    }


def test_a_gallery_of_another_contract_leaves_out_what_that_one_forbids(tmp_path: Path) -> None:
    overlay = tmp_path / "priced.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: priced, version: '1'}\nactions:\n"
        "  - target: $.components.schemas.Item\n    update: {required: [price]}\n"
    )
    priced = State.from_blueprint(read_blueprint(Options(overlays=(overlay,))))
    assert "an item with nothing but its id" not in {card["title"] for card in gallery(priced)}


@pytest.mark.parametrize("index", range(len(gallery(State.from_blueprint(read_blueprint())))))
def test_each_card_brings_about_an_answer_that_is_no_failure_of_the_mock(state: State, index: int) -> None:
    card = gallery(state)[index]
    client = create_app(state.blueprint).test_client()
    if card["request"]:
        wanted = card["request"]
        answer = client.open("/v1/chat", method=wanted["method"], headers=wanted["headers"], data=wanted["body"])
        assert 400 <= answer.status_code < 500
        return
    wanted = {**card["rule"], "times": 1}
    assert client.put("/_mock/behaviour", json=wanted).json == {"rules": [wanted]}
    if card["prefer"]:
        said = Request("POST", "/chat", (("Prefer", card["prefer"]),))
        assert said.header("prefer")
    if "delay" in wanted or wanted.get("fault") in {"drop", "truncate", "slow"}:
        return  # Only a connection shows these; the tests in a browser do.
    answer = client.post("/v1/chat", json={"message": "a lamp"})
    assert answer.status_code == card["rule"].get("code", answer.status_code)
    if answer.status_code in {200, 422} and not wanted.get("fault"):
        request = Request("POST", "/chat", (("Content-Type", "application/json"),), b'{"message": "a lamp"}')
        response = Response(answer.status_code, tuple(answer.headers.items()), answer.data)
        broken = judge(state.contract, Exchange(request, response))
        assert not [found for found in broken if found.clause.startswith("reply.") and found.pointer == ""]


def test_a_message_is_explained_by_what_answers_and_what_nearly_did(state: State) -> None:
    found = explain(state, "a desk for heavy tools, and a camping trip")
    assert (found["answers"], found["would_match_too"]) == ("desk-for-heavy-tools", ["camping-weekend"])
    nearly = explain(state, "a desk for heavy things")
    assert nearly["answers"] is None
    assert {"conversation": "desk-for-heavy-tools", "lacks": ["tool"]} in nearly["not_matched"]


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


def entry_of(state: State, body: bytes, **headers: str) -> Entry:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Entry(1, 0.0, "POST", "/v1/chat", sent, body, Answer(200, b""), state)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:12]))
def test_the_command_sends_the_same_bytes(state: State, body: bytes, require_program: RequireProgram) -> None:
    require_program("curl", "curl")
    with answering(lambda _seen: (200, {}, b"")) as server:
        command = as_curl(entry_of(state, body, content_type="application/json"), f"http://127.0.0.1:{server.port}")
        ran = subprocess.run(["sh", "-c", command], capture_output=True, timeout=30, check=True)
        assert ran.stdout.startswith(b"HTTP/1.1 200")
        [(method, path, headers, sent)] = server.seen
    assert (method, path, sent) == ("POST", "/v1/chat", body)
    assert {name.lower(): value for name, value in headers.items()}["content-type"] == "application/json"


def test_the_command_reads_keys_from_the_environment_and_leaves_a_browsers_headers_out(state: State) -> None:
    headers = {"authorization": "Bearer secret", "x_api_key": "secret", "sec_fetch_mode": "cors", "cookie": "a=secret"}
    command = as_curl(entry_of(state, b"{}", **headers, prefer="code=429"), "http://x")
    assert "secret" not in command
    assert "sec-fetch" not in command
    assert '"Authorization: Bearer $CHAT_API_KEY"' in command
    assert "-H 'prefer: code=429'" in command


def test_a_request_that_the_journal_has_forgotten_has_no_command(server: Running) -> None:
    answer = requests.get(f"http://127.0.0.1:{server.port}/_mock/requests/99999/curl", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
