"""``chat-contract load``: verdicts on servers that conform, are slow, or break only above a number of users."""

from __future__ import annotations

import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgpack
import pytest
import requests
import zmq
from click.testing import CliRunner, Result

from chat_contract.contract import Level
from chat_load.report.model import ClauseReport, LoadReport, LoadVerdict
from kit_cli.main import cli
from kit_reports.codec import decode
from testbed.load_servers import serve_loaded
from testbed.ports import free_port
from tests.support.certificates import certificate
from tests.support.mock import start as start_mock
from tests.support.small_proxy import passing
from tests.support.small_servers import answering
from tests.support.waiting import PATIENCE, wait_until

SCRIPT = Path(sys.executable).with_name("chat-contract")
LOCUST = version("locust")
OFTEN = ("--think-time", "50ms", "--timeout", "60s")
SECONDS = (2, 10, 60)
"""A load that was too short for a busy machine is repeated for longer."""


def call(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, ["load", *map(str, arguments)], prog_name="chat-contract")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert "Traceback" not in result.output
    return result


def has_replies(report: LoadReport) -> bool:
    return report.replies > 0


def violates(clause: str) -> Callable[[LoadReport], bool]:
    return lambda report: clause in violated(report)


def measured(
    folder: Path, *arguments: object, enough: Callable[[LoadReport], bool] = has_replies
) -> tuple[int, LoadReport]:
    """Run a load until its report is enough to be judged, and return its exit code and its report."""
    for seconds in SECONDS:
        code, report = measured_for(seconds, folder, *arguments)
        if enough(report):
            break
    return code, report


def measured_for(seconds: int, folder: Path, *arguments: object) -> tuple[int, LoadReport]:
    result = call(*arguments, *OFTEN, "--run-time", f"{seconds}s", "--report", f"json={folder}/load.json")
    assert (folder / "load.json").exists(), result.output
    return result.exit_code, decode(LoadReport, (folder / "load.json").read_bytes())


class Load:
    """A load in a process of its own, without an end."""

    def __init__(self, *arguments: object, env: dict[str, str] | None = None) -> None:
        command = [SCRIPT, "load", *map(str, arguments), "--run-time", "1h", *OFTEN]
        env = {**os.environ, **(env or {})}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)

    def interrupt(self, condition: Callable[[], bool], sign: int = signal.SIGINT) -> tuple[int, str]:
        """End the load when a condition holds, and return its exit code and its messages."""
        try:
            wait_until(lambda: condition() or self._process.poll() is not None)
            self._process.send_signal(sign)
            output, messages = self._process.communicate(timeout=PATIENCE)
        finally:
            self._process.kill()
        assert "Traceback" not in output + messages
        return self._process.returncode, messages


def violated(report: LoadReport) -> dict[str, ClauseReport]:
    return {clause.id: clause for clause in report.violated()}


def test_mock_conforms_under_load_and_every_response_is_counted(tmp_path: Path) -> None:
    clauses = {"reply.item", "limit.default", "conversation.kept", "error.loc"}
    kinds = {"turn 1", "turn 2", "wrong request"}

    def has_all_kinds(report: LoadReport) -> bool:
        exercised = {clause.id for clause in report.clauses}
        return report.users == 4 and clauses <= exercised and kinds <= {latency.name for latency in report.latencies}

    mock = start_mock()
    try:
        given = ("--users", 4, "--spawn-rate", 4, "--wrong", 0.3)
        code, report = measured(tmp_path, mock.url, *given, enough=has_all_kinds)
    finally:
        mock.stop()
        mock.process.stdout.close()
    assert (code, report.verdict, list(report.violated())) == (0, LoadVerdict.CONFORMS, [])
    counts = {latency.name: latency.requests for latency in report.latencies}
    assert counts.pop("all") == sum(counts.values()) == report.replies > 0
    assert report.errors == report.refused == 0
    assert 0 < report.judged <= report.replies
    assert has_all_kinds(report)


def test_violation_appears_from_the_number_of_users_that_causes_it(tmp_path: Path) -> None:
    with serve_loaded("limit-ignored", connections=3) as url:
        given = ("--users", 3, "--spawn-rate", 2)
        code, report = measured(tmp_path, url, *given, enough=violates("limit.default"))
        [*clauses] = report.violated(Level.MUST)
    assert (code, report.verdict) == (1, LoadVerdict.VIOLATES)
    assert {clause.id for clause in clauses} <= {"limit.default", "limit.asked"}
    first = clauses[0]
    assert first.users >= 3
    assert first.example is not None
    assert "curl" in first.example.command
    assert first.violations == sum(first.by_second.values())
    assert report.timeline[0].violations == {}


def test_slow_server_exceeds_the_limit_of_response_times(tmp_path: Path) -> None:
    with serve_loaded("slow") as url:
        code, report = measured(tmp_path, url, "--users", 2, "--spawn-rate", 2, "--max-p95", "200ms")
    assert (code, report.verdict) == (1, LoadVerdict.LIMIT_EXCEEDED)
    [limit] = report.limits
    assert limit.exceeded
    assert limit.measured >= 0.3


def test_server_that_fails_exceeds_the_limit_of_errors(tmp_path: Path) -> None:
    count = iter(range(10**6))

    def respond(_: object) -> tuple[int, dict[str, str], bytes]:
        status = 200 if next(count) == 0 else 500
        return status, {"Content-Type": "application/json"}, b"{}"

    with answering(respond) as server:
        code, report = measured(tmp_path, server.url, "--users", 1, "--max-error-rate", 0.5)
    assert code == 1
    assert report.error_rate == 1.0
    assert report.limits[0].exceeded


def test_429_is_obeyed_and_does_not_count_as_an_error(tmp_path: Path) -> None:
    with serve_loaded("busy") as url:
        given = ("--users", 2, "--spawn-rate", 2)
        code, report = measured(tmp_path, url, *given, enough=lambda report: report.refused > 0)
    assert (code, report.errors) == (0, 0)
    assert report.refused > 0
    # Every third request costs its user a pause of one second, and usually the other user too. When the load ends, each
    # user may wait for a response that is not counted.
    assert report.refused <= 2 * (report.seconds + 1)
    assert report.replies <= 2 * (report.refused + 2) + 2


def test_processes_share_the_users_and_merge_their_results(tmp_path: Path) -> None:
    with serve_loaded("limit-ignored", connections=1) as url:
        given = ("--processes", 2, "--users", 4, "--spawn-rate", 4, "--master-port", free_port())
        code, report = measured(tmp_path, url, *given, enough=violates("limit.default"))
    assert (code, report.workers, report.users) == (1, 2, 4)
    counts = {latency.name: latency.requests for latency in report.latencies}
    assert counts["all"] == report.replies > 0
    assert "limit.default" in violated(report)


@contextmanager
def joining(port: int) -> Iterator[list[bytes]]:
    """Ask a master to be one of its workers until the end of the block, and yield what it responds."""
    heard: list[bytes] = []
    ended = threading.Event()

    def ask() -> None:
        with zmq.Context() as context, context.socket(zmq.DEALER) as stranger:
            stranger.setsockopt(zmq.IDENTITY, b"stranger")
            stranger.setsockopt(zmq.LINGER, 0)
            stranger.connect(f"tcp://127.0.0.1:{port}")
            while not ended.is_set():
                with suppress(zmq.Again):
                    stranger.send(msgpack.packb(("client_ready", LOCUST, "stranger")), zmq.NOBLOCK)
                if stranger.poll(50):
                    heard.append(stranger.recv())

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield heard
    finally:
        ended.set()
        asking.join()


def test_process_of_another_user_cannot_join_a_load(tmp_path: Path) -> None:
    port = free_port()
    with serve_loaded("limit-ignored", connections=1) as url, joining(port) as heard:
        given = ("--processes", 2, "--users", 4, "--spawn-rate", 4, "--master-port", port)
        code, report = measured(tmp_path, url, *given, enough=violates("limit.default"))
    assert (code, report.workers, heard) == (1, 2, [])


def test_workers_report_to_their_master(tmp_path: Path) -> None:
    port = free_port()
    with serve_loaded("limit-ignored", connections=1) as url:
        for seconds in SECONDS:
            command = [SCRIPT, "load", url, "--master-port", str(port), "--run-time", f"{seconds}s", *OFTEN, "--worker"]
            workers = [
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
            ]
            given = ("--master", "--expect-workers", 2, "--master-port", port)
            code, report = measured_for(seconds, tmp_path, url, *given)
            ended = [worker.communicate(timeout=PATIENCE) for worker in workers]
            assert [worker.returncode for worker in workers] == [0, 0]
            assert all("Its master has the report." in said for _, said in ended)
            if "limit.default" in violated(report):
                break
    assert (code, report.workers) == (1, 2)
    assert "limit.default" in violated(report)


def replying(conversation_id: str, message: str = "m") -> tuple[int, dict[str, str], bytes]:
    body = {"conversation_id": conversation_id, "message": message, "items": []}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_ends_a_load_of_a_folder_and_writes_the_reports(sign: signal.Signals, tmp_path: Path) -> None:
    files = {name: tmp_path / f"load.{name}" for name in ("json", "html", "junit", "text")}
    reports = [part for name, file in files.items() for part in ("--report", f"{name}={file}")]
    fixtures = ("--fixtures", str(one_turn(tmp_path / "fixtures")))
    with answering(lambda _: replying(str(uuid.uuid4()))) as server:
        load = Load(server.url, "--users", 2, "--wrong", 0, *fixtures, *reports)
        code, _ = load.interrupt(lambda: len(server.seen) > 20, sign)
    assert code == 2
    report = decode(LoadReport, files["json"].read_bytes())
    assert (report.verdict, report.interrupted) == (LoadVerdict.INTERRUPTED, True)
    assert [latency.name for latency in report.latencies] == ["turn 1", "all"]
    assert {json.loads(body)["message"] for *_, body in server.seen} == {"lamp"}
    assert report.replies > 0
    assert ET.parse(files["junit"]).getroot().attrib["failures"] == "1"
    assert "the load was interrupted" in files["text"].read_text("utf-8")
    assert "Response times" in files["html"].read_text("utf-8")


def one_turn(folder: Path) -> Path:
    """Write fixtures with one conversation of one turn, and a second turn that no message can be made for."""
    (folder / "conversations").mkdir(parents=True)
    item = {"item_id": "A", "title": "t", "status": "s", "description": "d", "price": "1.00"}
    (folder / "catalogue.json").write_text(json.dumps({"items": [item]}), "utf-8")
    turns = [{"shopper": {"words": ["lamp"]}, "reply": "Here."}, {"shopper": {"pattern": "x+"}, "reply": "There."}]
    (folder / "conversations" / "lamp.json").write_text(json.dumps({"turns": turns}), "utf-8")
    return folder


def test_page_of_locust_has_a_tab_for_clauses_and_ends_with_the_load(tmp_path: Path) -> None:
    port = free_port()
    page = f"http://127.0.0.1:{port}"
    given = ("--users", 2, "--report", f"text={tmp_path}/load.txt", "--web", "--web-port", port)
    with serve_loaded("limit-ignored", connections=1) as url:
        load = Load(url, *given)
        shown: list[str] = []
        refused: list[requests.Response] = []
        allowed: list[requests.Response] = []

        def is_shown() -> bool:
            if "limit.default" in rows_of(page):
                shown.append(requests.get(page, timeout=PATIENCE).text)
                rows.update(rows_of(page))
                refused.append(requests.get(page, headers={"Host": f"evil.example:{port}"}, timeout=PATIENCE))
                origin = {"Origin": "http://evil.example"}
                refused.append(requests.post(f"{page}/swarm", {"user_count": 9}, headers=origin, timeout=PATIENCE))
                image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}
                refused.append(requests.get(f"{page}/stop", headers=image, timeout=PATIENCE))
                allowed.append(requests.get(page, headers={"Origin": page}, timeout=PATIENCE))
            return bool(shown)

        rows: dict[str, dict[str, Any]] = {}
        code, messages = load.interrupt(is_shown)
    assert f"Locust's page: {page}/?tab=clauses" in messages
    assert '"title": "Clauses"' in shown[0]
    assert [response.status_code for response in (*refused, *allowed)] == [403, 403, 403, 200]
    assert allowed[0].headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert "expected at most" in rows["limit.default"]["got"]
    assert code == 1
    assert "limit.default, first violated at" in (tmp_path / "load.txt").read_text("utf-8")


def rows_of(page: str) -> dict[str, dict[str, Any]]:
    """Return the rows of the tab by clause; none while the page is not served."""
    try:
        [table] = requests.get(f"{page}/stats/requests", timeout=PATIENCE).json()["extended_stats"]
    except requests.ConnectionError:
        return {}
    return {row["clause"]: row for row in table["data"]}


def test_key_is_sent_and_appears_in_no_report(tmp_path: Path) -> None:
    key = "sk-load-9f8e7d6c5b4a"
    seen: set[str] = set()

    def respond(request: tuple[str, str, dict[str, str], bytes]) -> tuple[int, dict[str, str], bytes]:
        seen.add(request[2].get("Authorization", ""))
        return replying("always", f"You are {key}")

    with answering(respond) as server:
        files = [
            part
            for name in ("json", "html", "text", "junit")
            for part in ("--report", f"{name}={tmp_path}/load.{name}")
        ]
        load = Load(server.url, "--users", 1, "--key-env", "LOAD_KEY", *files, env={"LOAD_KEY": key})
        code, messages = load.interrupt(lambda: len(server.seen) > 20)
    report = decode(LoadReport, (tmp_path / "load.json").read_bytes())
    assert (code, key in messages) == (1, False)
    assert seen == {f"Bearer {key}"}
    assert "conversation.distinct" in violated(report)
    command = violated(report)["conversation.distinct"].example
    assert command is not None
    assert "${CHAT_API_KEY}" in command.command
    for file in tmp_path.iterdir():
        assert key not in file.read_text("utf-8"), file


def test_seed_decides_what_is_sent() -> None:
    seeds = (1, 1, 2)
    with ExitStack() as stack:
        servers = [stack.enter_context(answering(lambda _: replying("c"))) for _ in seeds]
        loads = [Load(server.url, "--users", 1, "--seed", seed) for server, seed in zip(servers, seeds, strict=True)]
        for load, server in zip(loads, servers, strict=True):
            load.interrupt(lambda server=server: len(server.seen) > 4)  # type: ignore[misc]
    first, same, other = ([body for *_, body in server.seen[1:4]] for server in servers)
    assert first == same != other


def test_client_certificate_is_shown(tmp_path: Path) -> None:
    (server_cert, server_key), (cert, key) = certificate(tmp_path, "server"), certificate(tmp_path, "client")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(server_cert, server_key)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(cert)
    with answering(lambda _: replying(str(uuid.uuid4()))) as server, passing(server.url, tls=tls) as (passed, _):
        url = passed.replace("http:", "https:")
        refused_without = call(url, "--ca-bundle", server_cert)
        given = ("--ca-bundle", server_cert, "--cert", cert, "--key", key, "--users", 1, "--wrong", 0)
        code, report = measured(tmp_path, url, *given)
    assert refused_without.exit_code == 2
    assert report.errors == 0
    assert report.replies > 0
    assert code in {0, 1}
    for clause in report.violated():
        assert f"--cacert {server_cert} --cert {cert} --key {key}" in clause.example.command


def test_requests_go_through_the_proxy_and_its_password_appears_in_no_report(tmp_path: Path) -> None:
    def respond(request: tuple[str, str, dict[str, str], bytes]) -> tuple[int, dict[str, str], bytes]:
        body = {"conversation_id": "always", "message": "m", "items": []}
        return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()

    with answering(respond) as proxy:
        given = ("--proxy", f"http://user:p%40ssword-123@127.0.0.1:{proxy.port}", "--users", 1, "--wrong", 0)
        url = f"http://127.0.0.1:{free_port()}/v1"
        code, report = measured(tmp_path, url, *given, enough=violates("conversation.distinct"))
    assert (code, report.errors) == (1, 0)
    assert {path for _, path, *_ in proxy.seen} == {f"{url}/chat"}
    expected = "Basic " + base64.b64encode(b"user:p@ssword-123").decode()
    assert {headers.get("Proxy-Authorization") for _, _, headers, _ in proxy.seen} == {expected}
    command = violated(report)["conversation.distinct"].example.command
    assert "--proxy" in command
    assert "ssword-123" not in (tmp_path / "load.json").read_text("utf-8")


# What cannot run ------------------------------------------------------------------------------------------------------


def refused(*arguments: object) -> str:
    """Return the message of a load that cannot run: exit code 2, one line on standard error."""
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("cannot load: ")
    return result.stderr


def test_address_without_a_server_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    assert f"{url}: no HTTP response. Check that a server listens" in refused(url)


def test_404_suggests_correcting_the_base_url() -> None:
    with answering(lambda _: (404, {}, b"")) as server:
        assert "status 404 in response to a valid request. Correct BASE_URL" in refused(server.url)


def test_401_suggests_passing_a_credential() -> None:
    with answering(lambda _: (401, {}, b"")) as server:
        assert "Pass a credential with --key-env" in refused(server.url)


@pytest.mark.parametrize("url", ["http://staging.example/v1", "http://192.0.2.7/v1", "https://[2001:db8::1]/v1"])
def test_host_other_than_loopback_must_be_allowed(url: str) -> None:
    assert "add --allow-host" in refused(url)


def test_proxy_must_be_allowed_too() -> None:
    assert "the host proxy.example is not this machine" in refused(
        "http://127.0.0.1:1/v1", "--proxy", "http://proxy.example:3128"
    )


def test_allowed_host_is_tried() -> None:
    said = refused("http://nowhere.invalid/v1", "--allow-host", "NOWHERE.invalid")
    assert "http://nowhere.invalid/v1: no HTTP response" in said


def test_missing_extra_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name, package=None: None)
    said = call("http://127.0.0.1:1/v1")
    assert said.exit_code == 2
    assert "load needs the package locust, which is not installed." in said.stderr
    assert "[load]" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--master", "--worker"), "--master and --worker exclude each other"),
        (("--master", "--processes", "2"), "--processes starts its own master"),
        (("--worker", "--web"), "Add it to the master"),
        (("--worker", "--master-host", "nowhere.invalid"), "--master-host nowhere.invalid: the host is unknown."),
        (("--key", "client.key"), "Add --cert FILE"),
        (("--cert", "no-such.pem"), "cannot read the file"),
        (("--proxy", "proxy:3128"), "Expected the URL of an HTTP proxy"),
        (("--proxy", "https://127.0.0.1:3128"), "Write the URL with http://"),
        (("--key-env", "NO_SUCH_VARIABLE"), "the environment variable is not set"),
        (("--token-command", "exit 3"), "exit code 3"),
    ],
)
def test_unusable_options_are_refused(arguments: tuple[str, ...], problem: str) -> None:
    assert problem in refused("http://127.0.0.1:1/v1", *arguments)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--run-time", "soon"), "expected a number with a unit"),
        (("--run-time", "25h"), "expected a duration from 1s to 86400s"),
        (("--think-time", "3s..1s"), "expected the shorter duration first"),
        (("--wrong", "2"), "expected a number from 0 to 1"),
        (("--report", "pdf"), 'Unknown format "pdf"'),
    ],
)
def test_invalid_values_of_options_exit_with_2(arguments: tuple[str, ...], problem: str) -> None:
    result = call("http://127.0.0.1:1/v1", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_fixtures_without_a_turn_to_send(tmp_path: Path) -> None:
    (one_turn(tmp_path) / "conversations" / "lamp.json").unlink()
    said = refused("http://127.0.0.1:1/v1", "--fixtures", tmp_path)
    assert "no conversation has a turn to send" in said


def test_port_in_use_is_named() -> None:
    with answering(lambda _: (422, {}, b"")) as server:
        said = refused(server.url, "--web", "--web-port", server.port)
    assert f"--web-port {server.port}: Address already in use. Choose another port." in said
