"""``chat-contract verify`` on a remote server: workers, lost connections, budgets, resuming and waivers."""

from __future__ import annotations

import base64
import html
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from chat_verifier.findings.verdict import ClauseVerdict, RunReasonId, RunVerdict
from chat_verifier.planning.tiers import ALLOCATIONS, Tier
from chat_verifier.report import RENDERERS
from chat_verifier.report.model import VerifyReport
from chat_verifier.report.read import read_report
from kit_cli.main import cli
from testbed.faulty_servers.base import KEY, Chat, Hook, Style
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import Fault, edits, serve
from testbed.faulty_servers.wire import JSON, Answer, Request, Server
from tests.conftest import RequireProgram
from tests.support.certificates import certificate
from tests.support.small_proxy import passing
from tests.support.small_servers import always
from tests.support.waiting import wait_until


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def verify(folder: Path, *arguments: str | Path, name: str = "report") -> VerifyReport:
    file = folder / f"{name}.json"
    result = call("verify", *arguments, "--report", f"json={file}")
    assert file.exists(), result.output
    return read_report(file)


def complete(waivers: Path) -> None:
    """Fill in reasons and owners, as a team does by hand."""
    text = waivers.read_text("utf-8").replace('reason: ""', 'reason: "fixed in 2.4"')
    waivers.write_text(text.replace('owner: ""', 'owner: "team-search"'))


def causes(report: VerifyReport) -> set[tuple[str, str, str]]:
    return {
        (clause.id, violation.place, violation.observed) for clause, violation in report.violations(ClauseVerdict.FAIL)
    }


@pytest.fixture(scope="module")
def lax() -> Iterator[str]:
    with serve(BY_NAME["lax"]) as url:
        yield url


# Workers and networks


@pytest.mark.parametrize("name", ["limit-ignored-later", "id-new-from-third", "user-number", "one-for-all"])
def test_eight_workers_find_what_one_worker_finds(name: str, tmp_path: Path) -> None:
    with serve(BY_NAME[name]) as url:
        alone = verify(tmp_path, url, name="alone")
    with serve(BY_NAME[name]) as url:
        together = verify(tmp_path, url, "--workers", "8", name="together")
    assert causes(together) == causes(alone) != set()


def test_eight_workers_find_no_violation_in_a_correct_server(lax: str, tmp_path: Path) -> None:
    with passing(lax, delay=0.03) as (url, _):
        report = verify(tmp_path, url, "--workers", "8")
    assert report.verdict is RunVerdict.CONFORMS, report.reason
    assert report.requests <= 200


class Losing:
    """A correct server that loses every 20th request, but none twice, however many arrive before it is sent again."""

    def __init__(self) -> None:
        style = BY_NAME["lax"]
        assert isinstance(style, Style)
        self.app = Chat(style)
        self.received = self.due = 0
        self.lost: set[tuple[str, str, bytes]] = set()
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        with self.lock:
            self.received += 1
            self.due += self.received % 20 == 0
            key = (request.method, request.target, request.body)
            if self.due and key not in self.lost:
                self.due -= 1
                self.lost.add(key)
                return Answer(200, reset=True)
        answer: Answer = self.app(request)
        answer.close = True
        return answer


@pytest.mark.parametrize("workers", ["1", "8"])
def test_lost_connections_are_not_findings(workers: str, tmp_path: Path) -> None:
    server = Losing()
    with Server(server) as wire:
        report = verify(tmp_path, f"http://127.0.0.1:{wire.port}/v1", "--workers", workers)
    assert len(server.lost) >= 9
    assert report.verdict is RunVerdict.CONFORMS, report.reason


def test_reset_caused_by_a_request_is_a_finding(tmp_path: Path) -> None:
    with serve(BY_NAME["emoji-resets"]) as server, passing(server, drop_every=20) as (url, _):
        report = verify(tmp_path, url)
    # A request of any clause may be the one that shows it again: the network also loses requests.
    assert "reset" in {observed for *_, observed in causes(report)}


def test_requests_stay_below_the_rate_limit(lax: str, tmp_path: Path) -> None:
    report = verify(tmp_path, lax, "--workers", "8", "--rate-limit", "40/s", "--max-requests", "60")
    starts = sorted(one.at for one in report.exchanges)
    assert report.verdict is RunVerdict.CONFORMS
    # Before a request waits for the rate limit, its start is noted: by eight workers, one of which plays three
    # conversations at the same time.
    assert starts[-1] - starts[0] >= (len(starts) - 1 - 10) / 40


class Limited:
    """A server that rejects some requests after each number of accepted ones with 429, or loses every n-th.

    It counts requests, not seconds, so that it does the same on a busy machine.
    """

    def __init__(
        self, name: str, *, accepts: int = 10_000, rejects: int = 2, lose_every: int = 0, retry_after: str = "0.1"
    ) -> None:
        what = BY_NAME[name]
        self.app = Chat(what) if isinstance(what, Style) else Chat(what.style, what.hooks)
        self.accepts, self.rejects, self.lose_every, self.retry_after = accepts, rejects, lose_every, retry_after
        self.received = self.rejected = self.taken = 0
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        with self.lock:
            self.received += 1
            if self.lose_every and self.received % self.lose_every == 0:
                return Answer(200, reset=True)
            self.taken += 1
            if self.taken > self.accepts:
                self.rejected += 1
                if self.taken == self.accepts + self.rejects:
                    self.taken = 0
                return Answer(429, b"{}", {**JSON, "Retry-After": self.retry_after})
        return self.app(request)


def verify_on(server: Limited, folder: Path, *arguments: str) -> VerifyReport:
    with Server(server) as wire:
        return verify(folder, f"http://127.0.0.1:{wire.port}/v1", *arguments)


@pytest.mark.parametrize("name", ["lax", "single-quote-crashes"])
def test_rate_limiting_server_gets_the_same_verdict(name: str, tmp_path: Path) -> None:
    plain = verify_on(Limited(name), tmp_path)
    server = Limited(name, accepts=40)
    limited = verify_on(server, tmp_path, "--workers", "8")
    assert server.rejected > 0
    assert (limited.verdict, causes(limited)) == (plain.verdict, causes(plain))


def test_retry_after_of_an_hour_ends_the_run(tmp_path: Path) -> None:
    server = Limited("lax", accepts=1, retry_after="3600")
    with Server(server) as wire:
        result = call("verify", f"http://127.0.0.1:{wire.port}/v1")
    assert result.exit_code == 2
    assert "kept responding with 429" in result.output
    assert server.received <= 12


def test_no_request_starts_after_max_time(tmp_path: Path) -> None:
    server = Limited("lax", accepts=10, rejects=10_000, retry_after="30")
    report = verify_on(server, tmp_path, "--max-time", "20", "--workers", "4")
    # The server asks to wait for longer than the rest of the run. Each worker may have one request in progress, and the
    # one that plays the three concurrent conversations two more.
    assert report.verdict is RunVerdict.INCONCLUSIVE
    assert server.received <= 10 + 4 + 2
    assert report.not_sent


# Budgets


@pytest.mark.parametrize("workers", ["1", "8"])
@pytest.mark.parametrize("most", [1, 2, 8, 13, 30, 60])
def test_lost_and_rejected_requests_stay_within_max_requests(most: int, workers: str, tmp_path: Path) -> None:
    server = Limited("id-always-new", accepts=30, lose_every=2)
    with Server(server) as wire:
        call("verify", f"http://127.0.0.1:{wire.port}/v1", "--workers", workers, "--max-requests", str(most))
    assert server.received <= most


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "200  requests at most, 90 of them accepted, including confirmations of findings"),
        (("--cost-per-call", "0.02"), " at 0.02 per accepted request"),
        (("--max-requests", "75"), "75  requests at most, 33 of them accepted, including confirmations of findings"),
        (("--max-requests", "75"), "Not sent (request limit): "),
        (("--deep",), "1500  requests at most, 600 of them accepted"),
    ],
)
def test_plan_sends_only_the_probe(arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = replace(ALLOCATIONS[Tier.DEEP], sizes=ALLOCATIONS[Tier.DEFAULT].sizes)
    # The requests of a deep plan, which take long to make, are not sent.
    monkeypatch.setitem(ALLOCATIONS, Tier.DEEP, deep)
    server = Limited("lax")
    with Server(server) as wire:
        result = call("verify", f"http://127.0.0.1:{wire.port}/v1", "--plan", *arguments)
    assert (result.exit_code, server.received) == (0, 1)
    assert message in result.output


@pytest.mark.parametrize("most", [1, 10, 75, 130])
def test_requests_stay_within_max_requests(most: int, tmp_path: Path) -> None:
    with serve(BY_NAME["id-always-new"]) as url:
        report = verify(tmp_path, url, "--max-requests", str(most))
    assert report.requests <= most
    assert report.not_sent
    assert most < 75 or report.verdict is RunVerdict.VIOLATES


def test_run_with_few_requests_is_inconclusive(lax: str, tmp_path: Path) -> None:
    report = verify(tmp_path, lax, "--max-requests", "10")
    assert report.verdict is RunVerdict.INCONCLUSIVE
    assert report.reason is not None
    assert report.reason.id is RunReasonId.CLAUSES_NOT_EXERCISED


def test_drafted_waivers_cover_the_run_that_uses_them(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    with serve(BY_NAME["default-ten"]) as url:
        drafted = verify(tmp_path, url, "--quick", "--write-waivers", waivers)
        complete(waivers)
        accepted = verify(tmp_path, url, "--quick", "--waivers", waivers)
    assert (drafted.verdict, accepted.verdict) == (RunVerdict.VIOLATES, RunVerdict.CONFORMS)


# Resuming


@pytest.mark.parametrize("name", ["lax", "limit-ignored-later", "third-turn-crashes"])
def test_interrupted_run_continues_from_its_checkpoint_file(name: str, tmp_path: Path) -> None:
    record = tmp_path / "run.jsonl"
    with serve(BY_NAME[name]) as url:
        whole = verify(tmp_path, url, "--resume", record, name="whole")
        lines = record.read_text("utf-8").splitlines(keepends=True)
        # The state after a kill in the middle of a write.
        record.write_text("".join(lines[: len(lines) // 2]) + lines[len(lines) // 2][:40], "utf-8")
        rest = verify(tmp_path, url, "--resume", record, name="rest")
    assert (rest.verdict, causes(rest)) == (whole.verdict, causes(whole))
    assert rest.replayed == len(lines) // 2 - 1
    assert rest.requests <= ALLOCATIONS[Tier.DEFAULT].requests


def test_complete_checkpoint_file_sends_nothing(lax: str, tmp_path: Path) -> None:
    with passing(lax) as (url, _):
        before = verify(tmp_path, url, "--resume", tmp_path / "run.jsonl")
    after = verify(tmp_path, url, "--resume", tmp_path / "run.jsonl")
    assert (after.verdict, after.replayed) == (RunVerdict.CONFORMS, before.requests)


def test_killed_run_leaves_a_checkpoint_file_and_no_partial_report(lax: str, tmp_path: Path) -> None:
    with passing(lax, delay=0.05) as (url, _):
        command = [sys.executable, "-m", "kit_cli", "verify", url, "--resume", "run.jsonl", "--report", "json=r.json"]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
            record = tmp_path / "run.jsonl"
            wait_until(lambda: record.exists() and record.read_bytes().count(b"\n") > 20)
            running.kill()
    assert [one.name for one in tmp_path.iterdir()] == ["run.jsonl"]
    again = verify(tmp_path, lax, "--max-requests", "60")
    assert again.verdict is RunVerdict.CONFORMS


@pytest.mark.parametrize(
    ("text", "message"),
    [(text, "not a checkpoint file") for text in ("hello\n", '{"format": "other"}\n', "[]\n")],
)
def test_other_file_is_not_a_checkpoint_file_and_is_kept(text: str, message: str, tmp_path: Path) -> None:
    record = tmp_path / "run.jsonl"
    record.write_text(text)
    result = call("verify", "http://127.0.0.1:9/v1", "--resume", record)
    assert (result.exit_code, record.read_text()) == (2, text)
    assert message in result.output


def test_checkpoint_file_of_another_run_is_rejected(lax: str, tmp_path: Path) -> None:
    verify(tmp_path, lax, "--resume", tmp_path / "run.jsonl", "--max-requests", "10")
    result = call("verify", lax, "--resume", tmp_path / "run.jsonl", "--max-requests", "10", "--seed", "7")
    assert result.exit_code == 2
    assert "other seed" in result.output


# Waivers


def test_waiver_accepts_its_cause_and_no_other(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    with serve(BY_NAME["user-number"]) as url:
        call("verify", url, "--write-waivers", waivers)
        unfinished = call("verify", url, "--waivers", waivers)
        complete(waivers)
        report = verify(tmp_path, url, "--waivers", waivers)
    assert unfinished.exit_code == 2
    assert '"reason" is empty' in unfinished.output
    assert report.verdict is RunVerdict.CONFORMS
    assert [clause.id for clause in report.with_verdict(ClauseVerdict.WAIVED)] == ["rejection.field"]
    with serve(BY_NAME["user-object-later"]) as url:
        assert verify(tmp_path, url, "--waivers", waivers).verdict is RunVerdict.VIOLATES


def test_waived_violation_leaves_the_requests_of_a_quick_run_to_other_clauses(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    with serve(BY_NAME["id-new-from-third"]) as url:
        call("verify", url, "--quick", "--write-waivers", waivers)
        complete(waivers)
        report = verify(tmp_path, url, "--quick", "--waivers", waivers)
    assert report.verdict is RunVerdict.CONFORMS, report.reason
    assert report.requests <= 60
    assert report.accepted <= 25


@pytest.mark.parametrize("name", ["message-null", "single-quote-crashes"])
def test_unused_waiver_is_an_error(name: str, lax: str, tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    # Most test cases of the waiver for single-quote-crashes are sent only if a pack is taken apart.
    with serve(BY_NAME[name]) as url:
        call("verify", url, "--write-waivers", waivers)
    complete(waivers)
    result = call("verify", lax, "--waivers", waivers)
    assert result.exit_code == 2
    assert "unused waiver" in result.output
    assert "waivers.yaml:" in result.output


def test_report_lists_the_test_cases_missing_from_a_waiver(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    with serve(BY_NAME["limit-ignored-later"]) as url:
        call("verify", url, "--quick", "--write-waivers", waivers)
        complete(waivers)
        result = call("verify", url, "--waivers", waivers)
    assert result.exit_code == 1
    assert "test cases missing from the waiver: [" in result.output


# Profiles


def test_changed_answer_to_an_open_question_is_reported(lax: str, tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    call("verify", lax, "--profile-out", profile)
    assert verify(tmp_path, lax, "--profile", profile).profile_changes == ()
    with serve(BY_NAME["strict"]) as url:
        result = call("verify", url, "--profile", profile)
    assert "limit-null: accepted before, rejected now" in result.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "not a profile"),
        ({"version": 2}, "unsupported profile version"),
        ({"answers": {"limit-nul": "rejected"}}, "Did you mean limit-null"),
        ({"answers": {"limit-null": "perhaps"}}, "unknown answer to this question"),
    ],
)
def test_invalid_profile_is_rejected(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_text(json.dumps({"format": "chat-contract-profile", "version": 1, "answers": {}, **change}))
    result = call("verify", "http://127.0.0.1:9/v1", "--profile", file)
    assert result.exit_code == 2
    assert message in result.output


# Invalid options: one message, nothing sent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rate-limit", "fast"), "Expected <count>/<unit>"),
        (("--rate-limit", "0/s"), "Expected <count>/<unit>"),
        (("--key-env", "NO_SUCH_VARIABLE"), "is not set or empty"),
        (("-H", "Authorization: Bearer a", "-H", "X-API-Key: b"), "two credentials are given"),
        (("--ca-bundle", "/no/such.pem"), "cannot read the file"),
        (("--ca-bundle", "README.md"), "invalid PEM data"),
        (("--cert", "README.md"), "invalid PEM data"),
        (("--key", "README.md"), "Add --cert"),
        (("--insecure", "--ca-bundle", "README.md"), "Remove one of them"),
        (("--proxy", "nonsense"), "--proxy"),
        (("--waivers", "/no/such.yaml"), "cannot read the file"),
        (("--waivers", "README.md"), "README.md"),
        (("--profile", "/no/such.json"), "cannot read the file"),
        (("--quick", "--deep"), "--quick and --deep exclude each other"),
        (("--cost-per-call", "2"), "only with --plan"),
    ],
)
def test_invalid_option_is_reported_before_anything_is_sent(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    result = call("verify", "http://127.0.0.1:9/v1", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.startswith("cannot verify: ")
    assert list(tmp_path.iterdir()) == []


def test_key_from_the_environment_is_sent_and_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_KEY", KEY)
    artefacts = [f"{name}={tmp_path / name}" for name in ("html", "junit", "json", "markdown", "har", "text")]
    with serve(BY_NAME["keyed"]) as url:
        result = call(
            "verify", url, "--key-env", "STAGING_KEY", "--expect-auth", "--resume", tmp_path / "run",
            *(part for one in artefacts for part in ("--report", one)),
        )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert len(list(tmp_path.iterdir())) == len(artefacts) + 1
    assert [file for file in tmp_path.iterdir() if KEY in file.read_text("utf-8")] == []
    assert KEY not in result.output


def encodings_of(key: str) -> list[str]:
    """Return the encodings in which a server may echo a key."""
    return [
        *(key, key.upper(), key.lower(), quote(key, safe=""), "".join(f"%{ord(one):02x}" for one in key)),
        *(base64.b64encode(packed.encode()).decode() for packed in (key, f"Bearer {key}", f"me:{key}")),
        *(f"{key[:9]}\n{key[9:]}", html.escape(key), key.encode().hex()),
    ]


def echoing(key: str) -> Fault:
    """Return a fault whose replies and rejections contain the key in every encoding."""
    text = " | ".join(encodings_of(key))
    fault = BY_NAME["limit-ignored"]
    assert isinstance(fault, Fault)
    hooks: dict[str, Hook] = {
        "compose": edits(lambda _, reply: {**reply, "message": f"{reply['message']} {text}", text[:40]: text}),
        "detail": edits(lambda _, detail: [{**one, "input": {"authorization": text}} for one in detail]),
        "send": edits(lambda _, answer: answer.headers.update({"X-Echo": key, "Set-Cookie": f"key={key}"})),
    }
    return replace(fault, hooks={**fault.hooks, **hooks})


@pytest.mark.parametrize("key", [KEY, "Ab+/c=d&e<g>'h%24$x`i12345"])
def test_key_echoed_in_every_encoding_is_in_no_output(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGING_KEY", key)
    artefacts = [f"{name}={tmp_path / name}" for name in RENDERERS]
    arguments: list[str | Path] = ["--key-env", "STAGING_KEY", "--max-requests", "80", "--resume", tmp_path / "run"]
    arguments += [part for one in artefacts for part in ("--report", one)]
    arguments += ["--write-waivers", tmp_path / "waivers", "--profile-out", tmp_path / "profile"]
    with serve(echoing(key)) as url:
        first = call("verify", url, *arguments)
        again = call("verify", url, *arguments)
    assert (first.exit_code, again.exit_code) == (1, 1), first.output
    texts = [file.read_text("utf-8") for file in tmp_path.iterdir()]
    bodies = [json.loads(line).get("body", "") for line in (tmp_path / "run").read_text("utf-8").splitlines()]
    texts += [first.output, *(base64.b64decode(body).decode() for body in bodies)]
    assert len(texts) == len(artefacts) + 4 + len(bodies)
    forms = {form for one in encodings_of(key) for form in (one, html.escape(one), json.dumps(one)[1:-1])}
    assert [(form, text[:80]) for form in forms for text in texts if form in text] == []
    # Redaction keeps the length of bodies, so replayed responses get the same verdict.
    assert first.stdout.splitlines()[0] == again.stdout.splitlines()[0]


@pytest.mark.parametrize("key", ["message", "verdict", "conforms", "127.0.0.1"])
def test_key_that_is_an_everyday_word_causes_no_traceback(key: str, tmp_path: Path) -> None:
    with serve(BY_NAME["limit-ignored"]) as url:
        result = call("verify", url, "--quick", "-H", f"X-API-Key: {key}", "--report", f"html={tmp_path / 'page'}")
    assert result.exit_code in {1, 2}
    assert result.exit_code == 1 or "use a random key" in result.output


def test_password_of_a_proxy_is_in_no_output(lax: str, tmp_path: Path) -> None:
    proxy = "http://me:open-sesame-42@127.0.0.1:9"
    result = call("verify", lax, "--proxy", proxy, "--report", f"json={tmp_path / 'r'}")
    assert result.exit_code == 2
    assert "sesame" not in result.output


# Certificates and proxies


def test_private_certificate_authority_is_trusted_if_named(
    lax: str, tmp_path: Path, require_program: RequireProgram
) -> None:
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "server")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    with passing(lax, tls=tls) as (url, _):
        unknown = call("verify", url, "--quick")
        named = call("verify", url, "--quick", "--ca-bundle", cert)
        anyone = call("verify", url, "--quick", "--insecure")
    assert (unknown.exit_code, named.exit_code, anyone.exit_code) == (2, 0, 0)
    assert "TLS failed" in unknown.output
    assert "--ca-bundle FILE" in unknown.output


def test_client_certificate_is_sent_to_a_server_that_requires_one(
    lax: str, tmp_path: Path, require_program: RequireProgram
) -> None:
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "server")
    ours, our_key = certificate(tmp_path, "ours")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(ours)
    with passing(lax, tls=tls) as (url, _):
        without = call("verify", url, "--quick", "--ca-bundle", cert)
        shown = call("verify", url, "--quick", "--ca-bundle", cert, "--cert", ours, "--key", our_key)
    assert (without.exit_code, shown.exit_code) == (2, 0), without.output + shown.output


def test_unreachable_proxy_is_named(lax: str) -> None:
    result = call("verify", lax, "--proxy", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "Check that the proxy is running." in result.output


def test_proxy_that_requires_authentication_ends_the_run_with_2() -> None:
    with always(407, {"Proxy-Authenticate": "Basic"}) as proxy:
        result = call("verify", "http://127.0.0.1:9/v1", "--proxy", f"http://127.0.0.1:{proxy.port}")
    assert result.exit_code == 2
    assert "the proxy requires a user name and a password" in result.output
