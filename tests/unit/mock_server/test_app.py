"""The HTTP interface, in process: paths, methods, errors as JSON, and hostile input."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from flask.testing import FlaskClient

from chat_contract import KitError, load_contract
from mock_server import Options, Snapshot, create_app, read_snapshot
from mock_server.http.bodies import Body, read_wsgi_body

JSON = {"Content-Type": "application/json"}
HI = b'{"message":"hi"}'


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_return_405_with_allow(client: FlaskClient, method: str) -> None:
    response = client.open("/v1/chat", method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert response.mimetype == "application/json"
    if method != "HEAD":
        assert response.json == {"detail": "Method Not Allowed"}


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/v1", "/v1/chat/", "//v1/chat", "/v1//chat", "/v1/Chat", "/v1/chat%00"]
)
def test_other_paths_return_404(client: FlaskClient, path: str) -> None:
    response = client.post(path, json={"message": "hi"})
    assert (response.status_code, response.json) == (404, {"detail": "Not Found"})


def test_health_and_contract_are_served_under_the_mock_prefix(client: FlaskClient, snapshot: Snapshot) -> None:
    assert client.get("/_mock/health").json["status"] == "ok"
    expected = {**load_contract().document, "servers": [{"url": "http://localhost/v1", "description": "This mock"}]}
    assert client.get("/_mock/openapi.json").json == expected
    assert yaml.safe_load(client.get("/_mock/openapi.yaml").text) == expected
    assert client.post("/_mock/health").status_code == 405
    assert client.get("/_mock/nothing").json == {"detail": "Not Found"}


@pytest.fixture
def moved(tmp_path: Path) -> Callable[[str], Snapshot]:
    """A snapshot of the contract with another server."""

    def move(url: str) -> Snapshot:
        overlay = tmp_path / "moved.yaml"
        overlay.write_text(
            "overlay: 1.1.0\ninfo: {title: x, version: '1'}\nactions:\n"
            f"  - target: $.servers[0]\n    update: {{url: '{url}'}}\n"
        )
        return read_snapshot(Options(overlays=(overlay,)))

    return move


def test_path_and_document_come_from_the_contract(moved: Callable[[str], Snapshot]) -> None:
    client = create_app(moved("https://example.org/shop/v9/")).test_client()
    assert client.post("/shop/v9/chat", json={"message": "hi"}).status_code == 200
    assert client.post("/v1/chat", json={"message": "hi"}).status_code == 404
    assert client.get("/_mock/openapi.json").json["servers"][0]["url"] == "http://localhost/shop/v9"


@pytest.mark.parametrize(
    ("url", "path"),
    [("api", "/api/chat"), ("/", "/chat"), ("https://x", "/chat"), ("https://x/a%20%C3%A9", "/a é/chat")],
)
def test_any_path_without_variables_can_be_served(moved: Callable[[str], Snapshot], url: str, path: str) -> None:
    snapshot = moved(url)
    assert snapshot.route == path
    assert create_app(snapshot).test_client().post(path, json={"message": "hi"}).status_code == 200


@pytest.mark.parametrize("url", ["https://x/{tenant}", "https://x/<a>"])
def test_path_with_a_variable_is_rejected(moved: Callable[[str], Snapshot], url: str) -> None:
    with pytest.raises(KitError, match="overlay"):
        moved(url)


def test_reply_is_utf_8_json_with_correct_length(client: FlaskClient) -> None:
    response = client.post("/v1/chat", json={"message": "お茶の贈り物"})
    assert response.headers["Content-Type"] == "application/json"
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert "急須" in response.data.decode()


def test_body_above_the_maximum_returns_413(snapshot: Snapshot) -> None:
    client = create_app(read_snapshot(Options(max_body=1000))).test_client()
    assert client.post("/v1/chat", data=HI.ljust(1000), headers=JSON).status_code == 200
    response = client.post("/v1/chat", data=HI.ljust(1001), headers=JSON)
    assert (response.status_code, response.json) == (413, {"detail": "The body is larger than 1000 bytes."})
    chunked = {"wsgi.input_terminated": True}
    stream = io.BytesIO(HI.ljust(200_000))
    response = client.post("/v1/chat", input_stream=stream, headers=JSON, environ_overrides=chunked)
    assert response.status_code == 413


def test_body_shorter_than_content_length_returns_422(client: FlaskClient) -> None:
    response = client.post("/v1/chat", data=HI, headers=JSON, environ_overrides={"CONTENT_LENGTH": "90"})
    assert response.status_code == 422
    assert response.json["detail"][0]["loc"] == ["body", len(HI)]


def test_only_content_length_bytes_are_read(client: FlaskClient) -> None:
    stream = io.BytesIO(HI + b"more")
    announced = {"CONTENT_LENGTH": str(len(HI))}
    response = client.post("/v1/chat", input_stream=stream, headers=JSON, environ_overrides=announced)
    assert response.status_code == 200


def test_without_content_length_only_a_terminated_stream_is_read() -> None:
    """PEP 3333: only a server that terminates the stream sets wsgi.input_terminated."""
    assert read_wsgi_body({"wsgi.input": io.BytesIO(HI)}, 100) == Body(b"")
    assert read_wsgi_body({"wsgi.input": io.BytesIO(HI), "wsgi.input_terminated": True}, 100) == Body(HI)


@pytest.mark.parametrize(
    ("encoding", "status"), [("identity", 200), ("", 200), ("gzip", 415), ("br", 415), ("x,y", 415)]
)
def test_unsupported_content_encoding_returns_415(client: FlaskClient, encoding: str, status: int) -> None:
    body = gzip.compress(HI) if status == 415 else HI
    response = client.post("/v1/chat", data=body, headers={**JSON, "Content-Encoding": encoding})
    assert response.status_code == status
    if status == 415:
        assert encoding in response.json["detail"]
        assert response.headers["Accept-Encoding"] == "identity"


def test_internal_error_is_json(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(snapshot)
    monkeypatch.setattr("mock_server.shop.replies.Shop.reply", lambda *_: 1 / 0)
    response = app.test_client().post("/v1/chat", json={"message": "hi"})
    assert (response.status_code, response.json) == (500, {"detail": "Internal Server Error"})


# Outside I-JSON, and sizes -------------------------------------------------------------------------------------------

OUTSIDE_I_JSON = [
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


@pytest.mark.parametrize("raw", OUTSIDE_I_JSON, ids=lambda raw: repr(raw[:30]))
def test_body_outside_i_json_returns_json_invalid(client: FlaskClient, raw: bytes) -> None:
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
        {"message": "hi", "limit": 2**31 - 1},
        {"message": "hi", "events": [{"timestamp": "2024-06-14T10:00:00Z", "type": "e" * 400}] * 2000},
        {"message": "hi", "events": [{"timestamp": "9999-12-31T23:59:59-01:00", "type": "", "item_id": "\x00"}]},
        {"message": "hi", "__proto__": {"limit": 1}, "__class__": [], "constructor": None},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_unusual_valid_requests_return_200(client: FlaskClient, body: dict[str, object]) -> None:
    response = client.post("/v1/chat", json=body)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("depth", [50, 490])
def test_deeply_nested_input_is_accepted_and_echoed(client: FlaskClient, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    assert client.post("/v1/chat", data=f'{{"message":"hi","x":{deep}}}', headers=JSON).status_code == 200
    response = client.post("/v1/chat", data=f'{{"message":{deep}}}', headers=JSON)
    assert response.status_code == 422
    assert deep in response.text


def test_rejection_can_echo_unusual_text(client: FlaskClient) -> None:
    response = client.post("/v1/chat", data=b"\xff\xed\xa0\x80\x00", headers={"Content-Type": "text/plain"})
    assert response.json["detail"][0]["type"] == "model_attributes_type"
    response = client.post("/v1/chat", json={"limit": "\ufffe\x00\x7f\U0010ffff"})
    assert response.status_code == 422


@pytest.mark.parametrize("path", ["//v1/chat", "///v1/chat", "/%2fv1/chat"])
def test_path_with_two_slashes_is_not_the_operation(client: FlaskClient, path: str) -> None:
    environ = {"PATH_INFO": unquote(path), "REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json"}
    response = client.open(environ_overrides=environ, method="POST", json={"message": "hi"})
    assert response.status_code == 404
    assert "Request /v1/chat instead" in response.json["detail"]
    assert [entry["path"] for entry in client.get("/_mock/requests").json["requests"]] == [unquote(path)]
