"""The HTTP surface, in process: paths, methods, errors as JSON, and input that is out to do harm."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from flask.testing import FlaskClient

from chat_contract import KitError, load_contract
from mock_server import Blueprint, Options, create_app, read_blueprint
from mock_server.http.bodies import read_bounded

JSON = {"Content-Type": "application/json"}
HI = b'{"message":"hi"}'


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_refused_with_allow(client: FlaskClient, method: str) -> None:
    response = client.open("/v1/chat", method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert response.mimetype == "application/json"
    if method != "HEAD":
        assert response.json == {"detail": "Method Not Allowed"}


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/v1", "/v1/chat/", "//v1/chat", "/v1//chat", "/v1/Chat", "/v1/chat%00"]
)
def test_other_paths_are_not_found(client: FlaskClient, path: str) -> None:
    response = client.post(path, json={"message": "hi"})
    assert (response.status_code, response.json) == (404, {"detail": "Not Found"})


def test_health_and_the_contract_are_served_under_our_own_prefix(client: FlaskClient, blueprint: Blueprint) -> None:
    assert client.get("/_mock/health").json["status"] == "ok"
    assert client.get("/_mock/openapi.json").json == dict(load_contract().document)
    assert yaml.safe_load(client.get("/_mock/openapi.yaml").text) == dict(load_contract().document)
    assert client.post("/_mock/health").status_code == 405
    assert client.get("/_mock/nothing").json == {"detail": "Not Found"}


@pytest.fixture
def moved(tmp_path: Path) -> Callable[[str], Blueprint]:
    """A blueprint of the contract with another server."""

    def move(url: str) -> Blueprint:
        overlay = tmp_path / "moved.yaml"
        overlay.write_text(
            "overlay: 1.1.0\ninfo: {title: x, version: '1'}\nactions:\n"
            f"  - target: $.servers[0]\n    update: {{url: '{url}'}}\n"
        )
        return read_blueprint(Options(overlays=(overlay,)))

    return move


def test_the_path_and_the_document_come_from_the_contract(moved: Callable[[str], Blueprint]) -> None:
    client = create_app(moved("https://example.org/shop/v9/")).test_client()
    assert client.post("/shop/v9/chat", json={"message": "hi"}).status_code == 200
    assert client.post("/v1/chat", json={"message": "hi"}).status_code == 404
    assert client.get("/_mock/openapi.json").json["servers"][0]["url"] == "https://example.org/shop/v9/"


@pytest.mark.parametrize(
    ("url", "path"),
    [("api", "/api/chat"), ("/", "/chat"), ("https://x", "/chat"), ("https://x/a%20%C3%A9", "/a é/chat")],
)
def test_any_fixed_path_can_be_served(moved: Callable[[str], Blueprint], url: str, path: str) -> None:
    blueprint = moved(url)
    assert blueprint.route == path
    assert create_app(blueprint).test_client().post(path, json={"message": "hi"}).status_code == 200


@pytest.mark.parametrize("url", ["https://x/{tenant}", "https://x/<a>"])
def test_a_path_with_a_variable_is_refused(moved: Callable[[str], Blueprint], url: str) -> None:
    with pytest.raises(KitError, match="overlay"):
        moved(url)


def test_replies_are_utf_8_json_of_the_length_they_say(client: FlaskClient) -> None:
    response = client.post("/v1/chat", json={"message": "お茶の贈り物"})
    assert response.headers["Content-Type"] == "application/json"
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert "急須" in response.data.decode()


def test_a_body_that_is_too_large_gets_413(blueprint: Blueprint) -> None:
    client = create_app(read_blueprint(Options(max_body=1000))).test_client()
    assert client.post("/v1/chat", data=HI.ljust(1000), headers=JSON).status_code == 200
    response = client.post("/v1/chat", data=HI.ljust(1001), headers=JSON)
    assert (response.status_code, response.json) == (413, {"detail": "The body is larger than 1000 bytes."})
    chunked = {"wsgi.input_terminated": True}
    stream = io.BytesIO(HI.ljust(200_000))
    response = client.post("/v1/chat", input_stream=stream, headers=JSON, environ_overrides=chunked)
    assert response.status_code == 413


def test_a_body_that_ends_early_is_refused(client: FlaskClient) -> None:
    response = client.post("/v1/chat", data=HI, headers=JSON, environ_overrides={"CONTENT_LENGTH": "90"})
    assert response.status_code == 422
    assert response.json["detail"][0]["loc"] == ["body", len(HI)]


def test_only_the_announced_bytes_are_read(client: FlaskClient) -> None:
    stream = io.BytesIO(HI + b"more")
    announced = {"CONTENT_LENGTH": str(len(HI))}
    response = client.post("/v1/chat", input_stream=stream, headers=JSON, environ_overrides=announced)
    assert response.status_code == 200


def test_without_a_length_nothing_is_read_from_a_stream_without_end() -> None:
    """As PEP 3333 has it; only a server that ends the stream itself says so."""
    assert read_bounded({"wsgi.input": io.BytesIO(HI)}, 100) == b""
    assert read_bounded({"wsgi.input": io.BytesIO(HI), "wsgi.input_terminated": True}, 100) == HI


@pytest.mark.parametrize(
    ("encoding", "status"), [("identity", 200), ("", 200), ("gzip", 415), ("br", 415), ("x,y", 415)]
)
def test_encodings_that_cannot_be_read_get_415(client: FlaskClient, encoding: str, status: int) -> None:
    body = gzip.compress(HI) if status == 415 else HI
    response = client.post("/v1/chat", data=body, headers={**JSON, "Content-Encoding": encoding})
    assert response.status_code == status
    if status == 415:
        assert encoding in response.json["detail"]
        assert response.headers["Accept-Encoding"] == "identity"


def test_an_error_of_our_own_is_json_too(blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(blueprint)
    monkeypatch.setattr("mock_server.shop.replies.Shop.reply", lambda *_: 1 / 0)
    response = app.test_client().post("/v1/chat", json={"message": "hi"})
    assert (response.status_code, response.json) == (500, {"detail": "Internal Server Error"})


# Outside I-JSON, and sizes -------------------------------------------------------------------------------------------

REFUSED = [
    b'{"message":NaN}',
    b'{"x":NaN}',
    b'{"message":"hi","limit":Infinity}',
    b'{"message":"hi","limit":1e400}',
    b'{"message":"hi","limit":-1e400}',
    b'{"message":"\\ud800"}',
    b'{"message":"hi","user_id":"\\udfff"}',
    b'{"message":"hi","\\ud800":1}',
    b'{"message":"\xff"}',
    b'{"message":"\xed\xa0\x80"}',
    '{"message":"café"}'.encode("latin-1"),
    b'{"message":"hi","limit":' + b"9" * 5000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 501 + b"]" * 501,
    b"\x00",
    b"\xff\xfe\x00",
    b"\x1f\x8b\x08",
]


@pytest.mark.parametrize("raw", REFUSED, ids=lambda raw: repr(raw[:30]))
def test_what_makes_fastapi_fail_gets_json_invalid(client: FlaskClient, raw: bytes) -> None:
    response = client.post("/v1/chat", data=raw, headers=JSON)
    [fault] = response.json["detail"]
    assert response.status_code == 422
    assert (fault["type"], fault["msg"], fault["input"]) == ("json_invalid", "JSON decode error", {})
    assert fault["loc"][0] == "body"
    assert isinstance(fault["loc"][1], int)
    assert fault["ctx"]["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"message": "a" * 100_000},
        {"message": "desk " * 20_000},
        {"message": "\x00"},
        {"message": "%s%n{}{0}\\'\"`$(x)"},
        {"message": "\u202edesk\u2066"},
        {"message": "hi", "conversation_id": "i" * 100_000, "session_id": "\n", "user_id": ""},
        {"message": "hi", "limit": 2**63},
        {"message": "hi", "limit": 10**299},
        {"message": "hi", "events": [{"timestamp": "2024-06-14T10:00:00Z", "type": "e" * 1000}] * 2000},
        {"message": "hi", "events": [{"timestamp": "9999-12-31T23:59:59-01:00", "type": "", "item_id": "\x00"}]},
        {"message": "hi", "__proto__": {"limit": 1}, "__class__": [], "constructor": None},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_odd_but_good_requests_are_answered(client: FlaskClient, body: dict[str, object]) -> None:
    before = time.perf_counter()
    response = client.post("/v1/chat", json=body)
    assert response.status_code == 200, response.text
    assert time.perf_counter() - before < 2


@pytest.mark.parametrize("depth", [50, 490])
def test_deep_input_is_taken_and_echoed(client: FlaskClient, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    assert client.post("/v1/chat", data=f'{{"message":"hi","x":{deep}}}', headers=JSON).status_code == 200
    response = client.post("/v1/chat", data=f'{{"message":{deep}}}', headers=JSON)
    assert response.status_code == 422
    assert deep in response.text


def test_a_refusal_of_odd_text_can_be_written(client: FlaskClient) -> None:
    response = client.post("/v1/chat", data=b"\xff\xed\xa0\x80\x00", headers={"Content-Type": "text/plain"})
    assert response.json["detail"][0]["type"] == "model_attributes_type"
    response = client.post("/v1/chat", json={"limit": "\ufffe\x00\x7f\U0010ffff"})
    assert response.status_code == 422
