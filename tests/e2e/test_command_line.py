"""``chat-contract``: help, environment variables, exit codes, and one readable message when verification cannot run."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from chat_contract import KitError, __version__
from kit_cli.actions import verify as verify_module
from kit_cli.main import cli
from testbed.faulty_servers.base import KEY
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve
from testbed.ports import free_port
from tests.support.small_servers import Small, always, answering, saying
from tests.support.waiting import PATIENCE

SCRIPT = Path(sys.executable).with_name("chat-contract")
REPLY = b'{"conversation_id":"c","message":"m","items":[]}'


def call(*arguments: object, env: dict[str, str] | None = None) -> Result:
    """Run a command in this process; fail if it shows a traceback."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], env=env, prog_name="chat-contract")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return result


def refused(*arguments: object, env: dict[str, str] | None = None) -> str:
    """Return the message of a verification that cannot run: exit code 2, at most four lines on standard error."""
    result = call("verify", *arguments, env=env)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) <= 4
    return result.stderr


# Help and versions


def test_installed_script_and_module_print_the_version() -> None:
    for command in ([SCRIPT], [sys.executable, "-m", "kit_cli"]):
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
        assert said == f"chat-contract, version {__version__}\n"


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and subcommand with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


COMMANDS = dict(commands(cli))


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [(), *COMMANDS], ids=lambda path: " ".join(path) or "chat-contract")
def test_help_shows_usage_and_options(command: tuple[str, ...], option: str) -> None:
    result = call(*command, option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(('chat-contract', *command))} ")
    assert "-h, --help" in result.stdout


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_of_every_command_has_help(path: tuple[str, ...]) -> None:
    options = [parameter for parameter in COMMANDS[path].params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("path", [path for path in COMMANDS if len(path) == 1], ids=" ".join)
def test_list_of_commands_shows_a_line_for_each(path: tuple[str, ...]) -> None:
    assert re.search(rf"^  {path[0]} +[A-Z].*\.$", call("--help").stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (("verfy",), "verify"),
        (("fixture", "check"), "fixtures"),
        (("fixtures", "chek"), "check"),
        (("mock", "--latitud", "x"), "--latitude"),
    ],
)
def test_misspelt_commands_and_options_get_a_suggestion(arguments: tuple[str, ...], suggestion: str) -> None:
    result = call(*arguments)
    assert result.exit_code == 2
    assert f"Did you mean '{suggestion}'?" in result.stderr


# Shell completion


def test_bash_completes_commands_and_options() -> None:
    script = call("completion", "bash").stdout
    for words, expected in (("chat-contract ver", "verify"), ("chat-contract verify --see", "--seed")):
        shell = (
            f"{script}\nCOMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1};"
            '_chat_contract_completion chat-contract; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        path = f"{SCRIPT.parent}:/usr/bin:/bin"
        shown = subprocess.run(["bash", "-c", shell], env={"PATH": path}, capture_output=True, text=True, check=True)
        assert shown.stdout.split() == [expected], shown.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script_names_the_command(shell: str) -> None:
    result = call("completion", shell)
    assert result.exit_code == 0
    assert f"_CHAT_CONTRACT_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.parametrize("arguments", [("nonsense",), ("--nonsense",), ("verify",), ("verify", "a", "b")])
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert call(*arguments).exit_code == 2


# Options of verify


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("ftp://127.0.0.1/v1",), "base URL"),
        (("127.0.0.1:4010",), "base URL"),
        (("http://",), "base URL"),
        (("http://127.0.0.1:99999/v1",), "base URL"),
        (("http://127.0.0.1:x/v1",), "base URL"),
        (("http://[::1/v1",), "base URL"),
        (("http://127.0.0.1/v1?a=b",), "base URL"),
        (("http://a b/v1",), "base URL"),
        (("",), "base URL"),
        (("http://127.0.0.1/v1", "--seed", "x"), "--seed"),
        (("http://127.0.0.1/v1", "--timeout", "0"), "--timeout"),
        (("http://127.0.0.1/v1", "--timeout", "soon"), "--timeout"),
        (("http://127.0.0.1/v1", "--report", "xml"), "xml"),
        (("http://127.0.0.1/v1", "--report", "json="), "--report"),
        (("http://127.0.0.1/v1", "-H", "no colon"), "-H"),
        (("http://127.0.0.1/v1", "-H", ": nameless"), "-H"),
        (("http://127.0.0.1/v1", "-H", "A: b\r\nC: d"), "-H"),
        (("http://127.0.0.1/v1", "-H", "X-Name: 日本"), "-H"),
        (("http://127.0.0.1/v1", "--expect-auth"), "--expect-auth"),
        (("http://127.0.0.1/v1", "--frobnicate"), "--frobnicate"),
    ],
)
def test_message_names_the_wrong_option(arguments: tuple[str, ...], word: str) -> None:
    assert word in refused(*arguments)


def test_options_can_be_set_by_environment_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = []

    def run(_: object, options: object, __: object) -> None:
        seen.append(options)
        raise KitError("enough")

    monkeypatch.setattr(verify_module, "run", run)
    overlay = tmp_path / "more.yaml"
    overlay.write_text("overlay: 1.1.0\ninfo: {title: none, version: '1'}\nactions: [{target: $.info, update: {}}]\n")
    prefix = "CHAT_CONTRACT_VERIFY_"
    variables = {"SEED": "7", "TIMEOUT": "2.5", "STRICT": "1", "EXPECT_AUTH": "1", "OVERLAYS": str(overlay)}
    refused("http://127.0.0.1:1/v1/", env={prefix + name: value for name, value in variables.items()})
    [options] = seen
    assert (options.base_url, options.seed, options.timeout) == ("http://127.0.0.1:1/v1", 7, 2.5)
    assert options.strict
    assert options.expect_auth


def test_option_on_the_command_line_overrides_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--seed" in refused("http://127.0.0.1:1/v1", env={"CHAT_CONTRACT_VERIFY_SEED": "x"})
    url = f"http://127.0.0.1:{free_port()}/v1"
    assert "no connection" in refused(url, "--seed", "3", env={"CHAT_CONTRACT_VERIFY_SEED": "x"})


# Servers that cannot be verified


def test_closed_port_names_the_url() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    said = refused(url)
    assert url in said
    assert "no connection: Failed to establish a new connection" in said


def test_unknown_host_is_named() -> None:
    assert "host.invalid" in refused("http://host.invalid/v1")


def test_https_url_of_a_plain_server_is_a_tls_error() -> None:
    with always(200) as small:
        assert "TLS" in refused(small.url.replace("http:", "https:"))


@pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH_9.2p1\r\n", b"", b"\0\x01\x02" * 100, b"+OK ready\r\n"])
def test_other_protocol_is_not_an_http_server(data: bytes) -> None:
    with saying(data) as small:
        assert "Check that an HTTP server listens at this address" in refused(small.url)


def test_silent_server_suggests_a_longer_timeout() -> None:
    refusal = threading.Event()
    with answering(lambda _: refusal.wait(PATIENCE) and (200, {}, b"")) as small:
        assert "--timeout" in refused(small.url, "--timeout", "0.3")
        refusal.set()
        assert len(small.seen) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_401_and_403_suggest_a_credential(status: int) -> None:
    with always(status) as small:
        said = refused(small.url)
        assert str(status) in said
        assert "-H 'Authorization: Bearer" in said
        assert len(small.seen) == 1


@pytest.mark.parametrize("status", [404, 405])
def test_404_and_405_suggest_the_base_path(status: int) -> None:
    with always(status) as small:
        root = small.url.removesuffix("/v1")
        assert f"Try {root}/v1." in refused(root)
        assert f"Try {root}/v1." in refused(root + "/")
        assert "the base URL ends with /v1." in refused(root + "/v2")
        assert "Check the URL.\n" in refused(small.url)
        assert [path for _, path, *_ in small.seen] == ["/chat", "/chat", "/v2/chat", "/v1/chat"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_named_and_not_followed(status: int) -> None:
    with always(status, {"Location": "http://elsewhere.example/v2/chat"}) as small:
        said = refused(small.url)
        assert "http://elsewhere.example/v2/chat" in said
        assert len(small.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503])
def test_probe_gives_up_after_five_server_errors(status: int) -> None:
    with always(status) as small:
        said = refused(small.url)
        assert f"status {status}" in said
        assert len(small.seen) == 5


def test_probe_gives_up_after_five_429_responses() -> None:
    with always(429, {"Retry-After": "0"}) as small:
        assert "status 429" in refused(small.url)


def test_server_that_recovers_during_the_probe_is_verified() -> None:
    calls = []

    def respond(_: object) -> tuple[int, dict[str, str], bytes]:
        calls.append(1)
        return (503 if len(calls) < 3 else 200), {"Content-Type": "application/json"}, REPLY

    with answering(respond) as small:
        assert call("verify", small.url).exit_code == 1
        assert len(small.seen) > 50


# Documents and reports


BROKEN = {
    "none.yaml": None,
    "empty.yaml": "",
    "text.yaml": "just words",
    "syntax.yaml": "openapi: [",
    "twice.yaml": "openapi: 3.1.0\nopenapi: 3.1.0\n",
    "version.yaml": "openapi: 2.0.0\n",
    "reference.yaml": "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /chat: {$ref: '#/none'}\n",
    "other.yaml": "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {}\n",
    "bytes.yaml": "openapi: \udcff",
}


@pytest.mark.parametrize("option", ["--spec", "--overlay"])
@pytest.mark.parametrize("name", BROKEN)
def test_unusable_document_is_named_before_any_request(option: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if BROKEN[name] is not None:
        path.write_bytes(BROKEN[name].encode("utf-8", "surrogateescape"))
    with always(200) as small:
        assert name in refused(small.url, option, path)
        assert small.seen == []


@pytest.mark.parametrize("place", ["."])
def test_unwritable_report_is_refused_before_any_request(place: str, tmp_path: Path) -> None:
    with always(200) as small:
        assert "--report" in refused(small.url, "--report", f"json={tmp_path / place}")
        assert small.seen == []


def test_report_goes_to_standard_output_or_to_a_file(tmp_path: Path) -> None:
    with always(200) as small:
        on_output = call("verify", small.url, "--report", "json")
        into_file = call("verify", small.url, "--report", f"json={tmp_path / 'report.json'}")
    assert json.loads(on_output.stdout)["verdict"] == "violates"
    assert into_file.stdout.startswith("VIOLATES")
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["verdict"] == "violates"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


# Secrets


def echoing() -> AbstractContextManager[Small]:
    """Return a server that echoes request headers and body in its response."""

    def respond(seen: tuple[str, str, dict[str, str], bytes]) -> tuple[int, dict[str, str], bytes]:
        _, _, headers, body = seen
        echoed = {name: value for name, value in headers.items() if name.lower() not in {"content-length", "host"}}
        reply = {"conversation_id": "c", "message": str(echoed), "items": [echoed], "sent": body.decode("latin-1")}
        return 200, {"Content-Type": "application/json", "X-Echo": str(echoed)}, json.dumps(reply).encode()

    return answering(respond)


@pytest.mark.parametrize(
    ("header", "secrets"),
    [
        ("Authorization: Bearer sk-live-abcDEF123456", ["sk-live-abcDEF123456"]),
        ("authorization:bearer sk-live-abcDEF123456", ["sk-live-abcDEF123456"]),
        ("Authorization: Basic " + base64.b64encode(b"user:pa55word").decode(), ["dXNlcjpwYTU1d29yZA"]),
        ("X-API-Key: 0123456789abcdef", ["0123456789abcdef"]),
        ("Cookie: session=s3cr3ts3ss10n", ["s3cr3ts3ss10n"]),
        ("X-Auth-Token: t0k3n-t0k3n", ["t0k3n-t0k3n"]),
    ],
)
@pytest.mark.parametrize("more", [(), ("--expect-auth",)], ids=["open", "keyed"])
def test_key_is_sent_and_never_shown(header: str, secrets: list[str], more: tuple[str, ...], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with echoing() as small:
        result = call("verify", small.url, "--quick", "-H", header, "--report", f"json={report}", "--strict", *more)
        assert result.exit_code == 1
        assert any(secret in str(headers) for secret in secrets for *_, headers, _ in small.seen)
    written = result.stdout + result.stderr + report.read_text("utf-8")
    assert [secret for secret in secrets if secret in written] == []


def test_key_is_not_shown_when_verification_cannot_run() -> None:
    with always(401, body=b"unknown key sk-live-abcDEF123456") as small:
        assert "abcDEF" not in refused(small.url, "-H", "Authorization: Bearer sk-live-abcDEF123456")


def test_key_is_hidden_when_the_server_accepts_any_key(tmp_path: Path) -> None:
    fault = BY_NAME["any-key-opens"]
    report = tmp_path / "report.json"
    with serve(fault) as url:
        result = call(
            "verify", url, "-H", f"Authorization: Bearer {KEY}", "--expect-auth", "--report", f"json={report}"
        )
    assert result.exit_code == 1
    assert KEY not in result.stdout + result.stderr + report.read_text("utf-8")
    assert "${CHAT_API_KEY}" in result.stdout or "credentials" in result.stdout
