"""The journal, its curl command and error messages show no secret, whatever header or option it is in."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from chat_contract import KitError
from kit_cli.main import cli
from mock_server.http.access import read_allowed_hosts
from mock_server.http.origins import OriginError, read_origin

SECRET = "s3cr3t-0f-s0mebody"
NAMES = (
    *("Authorization", "X-API-Key", "Cookie", "Proxy-Authorization", "X-Auth-Token", "X-Access-Token", "Api-Secret"),
    *("X-Amz-Signature", "X-User-Password", "X-Jwt", "X-Client-Credential", "X-Mock-Token"),
    *("X-Session", "Session-Id", "X_SESSION", "X-SID", "X-CSRF", "X-Otp"),
)


@pytest.mark.parametrize("name", NAMES)
def test_journal_and_its_curl_command_do_not_show_credentials(name: str, client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi"}, headers={name: SECRET})
    [entry] = client.get("/_mock/requests").json["requests"]
    assert {**entry["request"]["headers"]}.get(name.lower(), "[redacted]") == "[redacted]"
    for page in ("/_mock/requests", "/_mock/requests/1/curl", "/_mock/requests/1"):
        assert SECRET not in client.get(page).text


@pytest.mark.parametrize(
    "value",
    [
        *(f"{scheme} {SECRET}" for scheme in ("Bearer", "basic", "Token", "Digest")),
        *("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "AKIAIOSFODNN7EXAMPLE", "AIzaSyA-1234567890abcdef"),
        *(f"{prefix}{'0a' * 12}" for prefix in ("sk-", "sk_live_", "pk_test_", "ghp_", "xoxb-", "glpat-", "hf_")),
    ],
)
def test_journal_and_its_curl_command_do_not_show_what_looks_like_a_key(value: str, client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi"}, headers={"X-Plain": value})
    for page in ("/_mock/requests", "/_mock/requests/1/curl", "/_mock/requests/1"):
        assert value not in client.get(page).text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Request-ID", "2f396d29-fb98-44cf-996c-e8c66fc02fbe"),
        ("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("X-Possession", "basically"),
        ("X-Product", "sk-1"),
        ("User-Agent", "token/1.0"),
        ("X-Inside", "inside"),
    ],
)
def test_journal_shows_other_headers(name: str, value: str, client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi"}, headers={name: value})
    [entry] = client.get("/_mock/requests").json["requests"]
    assert entry["request"]["headers"][name.lower()] == value


def test_curl_command_of_a_header_whose_name_is_shell_code_only_quotes_it(client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi"}, headers={"X-`id`-Token": SECRET})
    command = client.get("/_mock/requests/1/curl").text
    assert "'x-`id`-token: '\"${CHAT_API_KEY}\"" in command


@pytest.mark.parametrize("text", [f"https://me:{SECRET}@host", f"me:{SECRET}@host", f"file://me:{SECRET}@host"])
def test_errors_of_origins_and_hosts_do_not_repeat_a_password(text: str) -> None:
    with pytest.raises(OriginError) as of_origin:
        read_origin(text)
    with pytest.raises(KitError) as of_host:
        read_allowed_hosts([text])
    assert SECRET not in f"{of_origin.value} {of_host.value}"
    assert "…@host" in str(of_origin.value)
    assert "…@host" in str(of_host.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", f"ftp://me:{SECRET}@host/v1"),
        ("verify", f"http://host/v1?access_token={SECRET}"),
        ("diff", f"https://me:{SECRET}@127.0.0.1:1/a.yaml", "b.yaml"),
        ("diff", f"git:https://me:{SECRET}@host", "b.yaml"),
        ("mock", "--cors-origin", f"https://me:{SECRET}@host"),
        ("mock", "--upstream", f"ftp://me:{SECRET}@host"),
        ("mock", "--store", f"http://me:{SECRET}@host"),
        ("mock", "--spec", f"https://me:{SECRET}@host/a.yaml"),
        ("mock", "--port", f"http://me:{SECRET}@host"),
        ("record", f"https://me:{SECRET}@host /v1", "--out", "x"),
        ("load", f"https://me:{SECRET}@host /v1"),
        ("report", f"https://me:{SECRET}@host"),
        ("judge", f"https://me:{SECRET}@host"),
        ("parity", f"ftp://me:{SECRET}@host", "http://127.0.0.1:1"),
    ],
)
def test_errors_do_not_repeat_the_secrets_of_a_url(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2, result.output
    assert SECRET not in result.output
