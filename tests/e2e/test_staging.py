"""The suite on a server that is far away: several at a time, over a bad network, cut off, resumed, split, waived."""

from __future__ import annotations

import base64
import html
import json
import ssl
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from chat_verifier.report import RENDERERS
from kit_cli.main import cli
from testbed.correct_servers import serving
from testbed.faulty_servers.base import KEY, Chat, Hook, Style
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import Fault, edits, serve
from testbed.faulty_servers.wire import JSON, Answer, Request, Server
from tests.conftest import RequireProgram
from tests.support.certificates import certificate
from tests.support.small_proxy import passing
from tests.support.small_servers import always


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def judge(folder: Path, *arguments: str | Path, name: str = "report") -> dict[str, Any]:
    file = folder / f"{name}.json"
    result = call("verify", *arguments, "--report", f"json={file}")
    assert file.exists(), result.output
    report: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return report


def complete(waivers: Path) -> None:
    """Give a reason and an owner, as a team would by hand."""
    text = waivers.read_text("utf-8").replace('reason: ""', 'reason: "mended in 2.4"')
    waivers.write_text(text.replace('owner: ""', 'owner: "team-search"'))


def causes(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (clause["id"], violation["pointer"])
        for clause in report["clauses"]
        if clause["verdict"] == "fail"
        for violation in clause["violations"]
    }


@pytest.fixture(scope="module")
def lax() -> Iterator[str]:
    with serve(BY_NAME["lax"]) as url:
        yield url


# Several at a time


@pytest.mark.parametrize("name", ["limit-ignored-later", "id-new-from-third", "user-number", "one-for-all"])
def test_eight_workers_find_what_one_finds_in_less_time(name: str, tmp_path: Path) -> None:
    with serve(BY_NAME[name]) as server, passing(server, delay=0.03) as (url, _):
        alone = judge(tmp_path, url, name="alone")
        together = judge(tmp_path, url, "--workers", "8", name="together")
    assert causes(together) == causes(alone) != set()
    assert together["seconds"] < alone["seconds"]
    sent = [{f"{one['script']}/{one['turn']}" for one in report["exchanges"]} for report in (alone, together)]
    # Which packs are taken apart is known a little later; that may change what no longer fits, at the very end: of the
    # packs of other values and of the least telling inputs.
    assert len(sent[0] ^ sent[1]) <= 20


def test_a_correct_server_is_blamed_for_nothing_by_eight_workers(lax: str, tmp_path: Path) -> None:
    with passing(lax, delay=0.03) as (url, _):
        report = judge(tmp_path, url, "--workers", "8")
    assert report["verdict"] == "conforms", report["reason"]
    assert report["requests"] <= 200


@pytest.mark.parametrize("workers", ["1", "8"])
def test_a_network_that_loses_connections_is_no_finding(workers: str, tmp_path: Path) -> None:
    # HTTP/1.0: every request has a connection of its own.
    with serving("bottle-table") as server, passing(server, drop_every=20) as (url, dropped):
        report = judge(tmp_path, url, "--workers", workers)
    assert len(dropped) >= 9
    assert report["verdict"] == "conforms", report["reason"]


def test_a_reset_that_belongs_to_a_request_is_a_finding(tmp_path: Path) -> None:
    with serve(BY_NAME["emoji-resets"]) as server, passing(server, drop_every=20) as (url, _):
        report = judge(tmp_path, url)
    assert "robustness.reset" in {clause for clause, _ in causes(report)}


def test_a_rate_is_kept(lax: str, tmp_path: Path) -> None:
    report = judge(tmp_path, lax, "--workers", "8", "--rate-limit", "40/s", "--max-requests", "60")
    starts = sorted(one["at"] for one in report["exchanges"])
    assert report["verdict"] == "conforms"
    assert starts[-1] - starts[0] >= (len(starts) - 10) / 40


class Limited:
    """A server that refuses all but so many requests a second, or loses every so many-th; it counts what came."""

    def __init__(self, name: str, *, each_second: int = 10_000, lose_every: int = 0, retry_after: str = "1") -> None:
        what = BY_NAME[name]
        self.app = Chat(what) if isinstance(what, Style) else Chat(what.style, what.hooks)
        self.each_second, self.lose_every, self.retry_after = each_second, lose_every, retry_after
        self.came = self.refused = 0
        self.taken: deque[float] = deque(maxlen=each_second)
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        with self.lock:
            self.came += 1
            if self.lose_every and self.came % self.lose_every == 0:
                return Answer(200, reset=True)
            now = time.monotonic()
            if len(self.taken) == self.each_second and now - self.taken[0] < 1:
                self.refused += 1
                return Answer(429, b"{}", {**JSON, "Retry-After": self.retry_after})
            self.taken.append(now)
        return self.app(request)


def on(server: Limited, folder: Path, *arguments: str) -> dict[str, Any]:
    with Server(server) as wire:
        return judge(folder, f"http://127.0.0.1:{wire.port}/v1", *arguments)


@pytest.mark.parametrize("name", ["lax", "single-quote-crashes"])
def test_a_server_that_limits_the_rate_is_judged_as_if_it_did_not(name: str, tmp_path: Path) -> None:
    plain = on(Limited(name), tmp_path)
    server = Limited(name, each_second=40)
    limited = on(server, tmp_path, "--workers", "8")
    assert server.refused > 0
    assert (limited["verdict"], causes(limited)) == (plain["verdict"], causes(plain))
    # What was refused for its rate is sent again, and takes nothing away from the rest.
    assert sum(limited["left_out"].values()) <= sum(plain["left_out"].values()) + 12


def test_a_server_that_wants_to_be_left_alone_for_an_hour_ends_the_run(tmp_path: Path) -> None:
    server = Limited("lax", each_second=10, retry_after="3600")
    with Server(server) as wire:
        result = call("verify", f"http://127.0.0.1:{wire.port}/v1")
    assert result.exit_code == 2
    assert "429, which asks to wait 3600 s; send less by --rate-limit" in result.output
    assert server.came <= 12


def test_nothing_is_begun_when_the_time_is_over(tmp_path: Path) -> None:
    server = Limited("lax", each_second=10, retry_after="30")
    report = on(server, tmp_path, "--max-time", "2", "--workers", "4")
    assert (report["verdict"], server.came <= 14) == ("inconclusive", True)
    assert report["left_out"]


# Less than everything


@pytest.mark.parametrize("workers", ["1", "8"])
@pytest.mark.parametrize("most", [1, 2, 8, 13, 30, 60])
def test_no_more_is_sent_than_allowed_when_much_is_lost_and_refused(most: int, workers: str, tmp_path: Path) -> None:
    server = Limited("id-always-new", each_second=30, lose_every=2, retry_after="0.2")
    with Server(server) as wire:
        call("verify", f"http://127.0.0.1:{wire.port}/v1", "--workers", workers, "--max-requests", str(most))
    assert server.came <= most


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "200  at most, if packs must be taken apart; findings are confirmed besides"),
        (("--cost-per-call", "0.02"), "cost: about 4.00 at 0.02 a call"),
        (("--max-requests", "75"), "75  at most, if packs must be taken apart; confirmations of findings included"),
        (("--max-requests", "75"), "left out, to keep to the bounds of the run: "),
        (("--deep", "--max-time", "90"), "exploring goes on after that, until 1 min 30 s are over"),
    ],
)
def test_a_plan_sends_the_probe_and_nothing_else(arguments: tuple[str, ...], said: str) -> None:
    server = Limited("lax")
    with Server(server) as wire:
        result = call("verify", f"http://127.0.0.1:{wire.port}/v1", "--plan", *arguments)
    assert (result.exit_code, server.came) == (0, 1)
    assert said in result.output


@pytest.mark.parametrize("most", [1, 10, 75, 130])
def test_no_more_is_sent_than_allowed(most: int, tmp_path: Path) -> None:
    with serve(BY_NAME["id-always-new"]) as url:
        report = judge(tmp_path, url, "--max-requests", str(most))
    assert report["requests"] <= most
    assert report["left_out"]
    assert most < 75 or report["verdict"] == "violates"


def test_a_run_of_few_requests_is_inconclusive_rather_than_right(lax: str, tmp_path: Path) -> None:
    report = judge(tmp_path, lax, "--max-requests", "10")
    assert report["verdict"] == "inconclusive"
    assert "were not tried" in report["reason"]


# Cut off and resumed


@pytest.mark.parametrize("name", ["lax", "limit-ignored-later", "third-turn-crashes"])
def test_a_run_that_was_cut_off_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    record = tmp_path / "run.jsonl"
    with serve(BY_NAME[name]) as url:
        whole = judge(tmp_path, url, "--resume", tmp_path / "whole.jsonl", name="whole")
        judge(tmp_path, url, "--resume", record, name="first")
        lines = record.read_text("utf-8").splitlines(keepends=True)
        # As a kill in the middle of writing leaves it.
        record.write_text("".join(lines[: len(lines) // 2]) + lines[len(lines) // 2][:40], "utf-8")
        rest = judge(tmp_path, url, "--resume", record, name="rest")
    assert (rest["verdict"], causes(rest)) == (whole["verdict"], causes(whole))
    assert rest["recalled"] == len(lines) // 2 - 1
    assert rest["requests"] <= whole["requests"]


def test_a_whole_record_sends_nothing(lax: str, tmp_path: Path) -> None:
    with passing(lax) as (url, _):
        before = judge(tmp_path, url, "--resume", tmp_path / "run.jsonl")
    after = judge(tmp_path, url, "--resume", tmp_path / "run.jsonl")
    assert (after["verdict"], after["recalled"]) == ("conforms", before["requests"])


def test_a_run_that_is_killed_leaves_a_record_and_no_half_report(lax: str, tmp_path: Path) -> None:
    with passing(lax, delay=0.05) as (url, _):
        command = [sys.executable, "-m", "kit_cli", "verify", url, "--resume", "run.jsonl", "--report", "json=r.json"]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
            while running.poll() is None:
                record = tmp_path / "run.jsonl"
                if record.exists() and record.read_bytes().count(b"\n") > 20:
                    running.kill()
                    break
    assert [one.name for one in tmp_path.iterdir()] == ["run.jsonl"]
    again = judge(tmp_path, lax, "--max-requests", "60")
    assert again["verdict"] == "conforms"


@pytest.mark.parametrize(
    ("text", "said"),
    [("hello\n", "is no record of a run"), ('{"format": "other"}\n', "is no record"), ("[]\n", "is no record")],
)
def test_what_is_no_record_is_refused_and_stays(text: str, said: str, tmp_path: Path) -> None:
    record = tmp_path / "run.jsonl"
    record.write_text(text)
    result = call("verify", "http://127.0.0.1:9/v1", "--resume", record)
    assert (result.exit_code, record.read_text()) == (2, text)
    assert said in result.output


def test_the_record_of_another_run_is_refused(lax: str, tmp_path: Path) -> None:
    judge(tmp_path, lax, "--resume", tmp_path / "run.jsonl", "--max-requests", "10")
    result = call("verify", lax, "--resume", tmp_path / "run.jsonl", "--max-requests", "10", "--seed", "7")
    assert result.exit_code == 2
    assert "other seed" in result.output


# Split over several jobs


def by_key(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each cause that fails, as often as it is listed."""
    return sorted(
        (clause["id"], one["cause"]["pointer"], one["cause"]["got"])
        for clause in report["clauses"]
        if clause["verdict"] == "fail"
        for one in clause["violations"]
    )


@pytest.mark.parametrize("name", ["lax", "limit-ignored-later", "no-emoji", "user-number"])
def test_the_shards_together_say_what_the_whole_says(name: str, tmp_path: Path) -> None:
    with serve(BY_NAME[name]) as url:
        whole = judge(tmp_path, url, name="whole")
        parts = [judge(tmp_path, url, "--shard", f"{number}/3", name=f"part{number}") for number in (1, 2, 3)]
    result = call("report", "merge", *(tmp_path / f"part{n}.json" for n in (1, 2, 3)), "--report", f"json={tmp_path}/m")
    merged = json.loads((tmp_path / "m").read_text("utf-8"))
    assert (merged["verdict"], by_key(merged)) == (whole["verdict"], by_key(whole))
    assert result.exit_code == {"conforms": 0, "violates": 1}[whole["verdict"]]
    assert max(part["requests"] for part in parts) < 100
    played = [{one["script"] for one in part["exchanges"] if one["group"] == "conversation"} for part in parts]
    assert not played[0] & played[1]
    assert [clause["id"] for clause in merged["clauses"]] == [clause["id"] for clause in whole["clauses"]]


def test_what_does_not_belong_together_is_not_merged(lax: str, tmp_path: Path) -> None:
    for number in (1, 2):
        judge(tmp_path, lax, "--shard", f"{number}/3", name=f"p{number}")
    judge(tmp_path, lax, "--seed", "5", "--max-requests", "10", name="other")
    (tmp_path / "none.json").write_text("{}")
    p1, p2 = tmp_path / "p1.json", tmp_path / "p2.json"
    for files, said in (
        ((p1, p1), "is there already"),
        ((p1, tmp_path / "other.json"), "is of another run"),
        ((tmp_path / "none.json",), "is no report of a run"),
        ((tmp_path / "nowhere.json",), "cannot be read"),
    ):
        result = call("report", "merge", *files)
        assert result.exit_code == 2, result.output
        assert said in result.output
    incomplete = call("report", "merge", p1, p2)
    assert incomplete.exit_code == 2
    assert "not all shards are there" in incomplete.output


# Accepted for a while


def test_a_waiver_excuses_its_cause_and_no_other(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    with serve(BY_NAME["user-number"]) as url:
        call("verify", url, "--write-waivers", waivers)
        unfinished = call("verify", url, "--waivers", waivers)
        complete(waivers)
        report = judge(tmp_path, url, "--waivers", waivers)
    assert unfinished.exit_code == 2
    assert '"reason" is empty' in unfinished.output
    assert report["verdict"] == "conforms"
    assert [clause["id"] for clause in report["clauses"] if clause["verdict"] == "waived"] == ["rejection.field"]
    with serve(BY_NAME["user-object-later"]) as url:
        assert judge(tmp_path, url, "--waivers", waivers)["verdict"] == "violates"


@pytest.mark.parametrize("name", ["message-null", "single-quote-crashes"])
def test_a_waiver_that_waives_nothing_is_an_error(name: str, lax: str, tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    # What single-quote-crashes is waived by is mostly sent only where a pack was taken apart.
    with serve(BY_NAME[name]) as url:
        call("verify", url, "--write-waivers", waivers)
    complete(waivers)
    result = call("verify", lax, "--waivers", waivers)
    assert result.exit_code == 2
    assert "unused waiver" in result.output
    assert "waivers.yaml:" in result.output


def test_shards_draft_and_use_waivers_together(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"

    def merged(name: str, *arguments: str | Path, drafts: tuple[str | Path, ...] = ()) -> Result:
        # A fresh server for each run: one that remembers the ids of an earlier run shows more of its fault.
        with serve(BY_NAME[name]) as url:
            for number in (1, 2):
                judge(tmp_path, url, "--shard", f"{number}/2", *arguments, name=f"part{number}")
        return call("report", "merge", tmp_path / "part1.json", tmp_path / "part2.json", *drafts)

    assert merged("limit-ignored-later", drafts=("--write-waivers", waivers)).exit_code == 1
    complete(waivers)
    accepted = merged("limit-ignored-later", "--waivers", waivers)
    mended = merged("lax", "--waivers", waivers)
    assert accepted.exit_code == 0, accepted.output
    assert mended.exit_code == 2
    assert "nothing was found for the waiver of limit.asked /items text" in mended.output


def test_a_waiver_that_is_too_narrow_says_what_it_lacks(tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.yaml"
    with serve(BY_NAME["limit-ignored-later"]) as url:
        call("verify", url, "--quick", "--write-waivers", waivers)
        complete(waivers)
        result = call("verify", url, "--waivers", waivers)
    assert result.exit_code == 1
    assert "its waiver does not list: [" in result.output


# What changed since


def test_a_change_that_no_schema_shows_is_reported(lax: str, tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    call("verify", lax, "--profile-out", profile)
    assert judge(tmp_path, lax, "--profile", profile)["latitude_changes"] == []
    with serve(BY_NAME["strict"]) as url:
        result = call("verify", url, "--profile", profile)
    assert "limit-null: accepted before, refused now" in result.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "not a profile"),
        ({"version": 2}, "unsupported profile version"),
        ({"answers": {"limit-nul": "refused"}}, "Did you mean limit-null"),
        ({"answers": {"limit-null": "perhaps"}}, "unknown answer to this question"),
    ],
)
def test_what_is_no_profile_is_refused(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    file = tmp_path / "profile.json"
    file.write_text(json.dumps({"format": "chat-contract-profile", "version": 1, "answers": {}, **change}))
    result = call("verify", "http://127.0.0.1:9/v1", "--profile", file)
    assert result.exit_code == 2
    assert said in result.output


# Bad input: one message, nothing sent


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--shard", "6/5"), "is no part of a run"),
        (("--shard", "0/5"), "is no part of a run"),
        (("--shard", "x"), "is no part of a run"),
        (("--rate-limit", "fast"), "is no rate"),
        (("--rate-limit", "0/s"), "is no rate"),
        (("--key-env", "NO_SUCH_VARIABLE"), "no such variable"),
        (("-H", "Authorization: Bearer a", "-H", "X-API-Key: b"), "two credentials are given"),
        (("--ca-bundle", "/no/such.pem"), "cannot be read"),
        (("--ca-bundle", "README.md"), "holds no such thing"),
        (("--cert", "README.md"), "holds no such thing"),
        (("--key", "README.md"), "add --cert"),
        (("--insecure", "--ca-bundle", "README.md"), "leave one of them out"),
        (("--proxy", "nonsense"), "--proxy"),
        (("--waivers", "/no/such.yaml"), "cannot read the file"),
        (("--waivers", "README.md"), "README.md"),
        (("--profile", "/no/such.json"), "cannot read the file"),
        (("--profile-out", "/no/such/folder/p.json"), "/no/such/folder does not exist"),
        (("--write-waivers", "/no/such/folder/w.yaml"), "/no/such/folder does not exist"),
        (("--resume", "/no/such/folder/r.jsonl"), "cannot be written"),
        (("--report", "html=/no/such/folder/r.html"), "/no/such/folder does not exist"),
        (("--resume", "x.jsonl", "--deep"), "--deep has none"),
        (("--cost-per-call", "2"), "is for --plan"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_sent(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    result = call("verify", "http://127.0.0.1:9/v1", *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert result.output.startswith("cannot verify: ")
    assert list(tmp_path.iterdir()) == []


def test_a_key_from_the_environment_is_sent_and_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def written_otherwise(key: str) -> list[str]:
    """The ways in which a server may echo what it was sent."""
    return [
        *(key, key.upper(), key.lower(), quote(key, safe=""), "".join(f"%{ord(one):02x}" for one in key)),
        *(base64.b64encode(packed.encode()).decode() for packed in (key, f"Bearer {key}", f"me:{key}")),
        *(f"{key[:9]}\n{key[9:]}", html.escape(key), key.encode().hex()),
    ]


def telling(key: str) -> Fault:
    """A server with a fault, whose replies and refusals tell the key in every way."""
    said = " | ".join(written_otherwise(key))
    fault = BY_NAME["limit-ignored"]
    assert isinstance(fault, Fault)
    hooks: dict[str, Hook] = {
        "compose": edits(lambda _, reply: {**reply, "message": f"{reply['message']} {said}", said[:40]: said}),
        "detail": edits(lambda _, detail: [{**one, "input": {"authorization": said}} for one in detail]),
        "send": edits(lambda _, answer: answer.headers.update({"X-Echo": key, "Set-Cookie": f"key={key}"})),
    }
    return replace(fault, hooks={**fault.hooks, **hooks})


@pytest.mark.parametrize("key", [KEY, "Ab+/c=d&e<g>'h%24$x`i12345"])
def test_a_key_that_the_server_tells_in_every_way_is_in_no_artefact(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGING_KEY", key)
    artefacts = [f"{name}={tmp_path / name}" for name in RENDERERS]
    arguments: list[str | Path] = ["--key-env", "STAGING_KEY", "--max-requests", "80", "--resume", tmp_path / "run"]
    arguments += [part for one in artefacts for part in ("--report", one)]
    arguments += ["--write-waivers", tmp_path / "waivers", "--profile-out", tmp_path / "profile"]
    with serve(telling(key)) as url:
        first = call("verify", url, *arguments)
        again = call("verify", url, *arguments)
    assert (first.exit_code, again.exit_code) == (1, 1), first.output
    texts = [file.read_text("utf-8") for file in tmp_path.iterdir()]
    bodies = [json.loads(line).get("body", "") for line in (tmp_path / "run").read_text("utf-8").splitlines()]
    texts += [first.output, *(base64.b64decode(body).decode() for body in bodies)]
    assert len(texts) == len(artefacts) + 4 + len(bodies)
    forms = {form for one in written_otherwise(key) for form in (one, html.escape(one), json.dumps(one)[1:-1])}
    assert [(form, text[:80]) for form in forms for text in texts if form in text] == []
    # What was recalled is judged as it was: a hidden key makes no body longer than its head says.
    assert first.output.splitlines()[0] == again.output.splitlines()[0]


@pytest.mark.parametrize("key", ["message", "verdict", "conforms", "127.0.0.1"])
def test_a_key_that_is_an_everyday_word_ends_in_no_traceback(key: str, tmp_path: Path) -> None:
    with serve(BY_NAME["limit-ignored"]) as url:
        result = call("verify", url, "--quick", "-H", f"X-API-Key: {key}", "--report", f"html={tmp_path / 'page'}")
    assert result.exit_code in {1, 2}
    assert result.exit_code == 1 or "take another" in result.output


def test_the_password_of_a_proxy_is_in_no_artefact(lax: str, tmp_path: Path) -> None:
    proxy = "http://me:open-sesame-42@127.0.0.1:9"
    result = call("verify", lax, "--proxy", proxy, "--report", f"json={tmp_path / 'r'}")
    assert result.exit_code == 2
    assert "sesame" not in result.output


# Certificates and proxies


def test_an_authority_of_our_own_is_trusted_when_it_is_named(
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


def test_a_server_that_asks_for_our_certificate_gets_it(
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


def test_a_proxy_that_is_not_there_is_named(lax: str) -> None:
    result = call("verify", lax, "--proxy", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "is the proxy running?" in result.output


def test_a_proxy_that_does_not_know_us_is_no_finding() -> None:
    with always(407, {"Proxy-Authenticate": "Basic"}) as proxy:
        result = call("verify", "http://127.0.0.1:9/v1", "--proxy", f"http://127.0.0.1:{proxy.port}")
    assert result.exit_code == 2
    assert "the proxy wants a user and a password" in result.output
