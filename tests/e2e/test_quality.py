"""The verifier meets its targets on a sample of the servers, and the quality table counts results correctly."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_contract.exchange import Breakdown, Request, Response
from testbed.correct_servers import ENTRIES
from testbed.faulty_servers.fault import MUST, SHOULD
from testbed.quality import __main__ as quality
from testbed.quality import peer, trials
from testbed.quality.collection import FIRST_NAMED, PAIRS, RIGHT, Subject, collect, evenly, lacking, sampled
from testbed.quality.in_memory import Extent, is_alike, on_wire, try_in_memory
from testbed.quality.peer import PeerTrial, side_by_side
from testbed.quality.table import DEFAULT, QUICK, Results, by_name, raised, rows, table
from testbed.quality.trials import Trial, try_out
from testbed.quality.verifying import Judgement


@contextlib.contextmanager
def nowhere() -> Iterator[str]:
    yield "http://127.0.0.1:9/v1"


def subject(name: str, level: str = MUST, *, group: str = "group", **more: Any) -> Subject:
    return Subject(name, level, group, f"about {name}", nowhere, **more)


def judged(
    code: int, requests: int = 150, seconds: float = 4.0, *clauses: tuple[str, str], accepted: int = 0
) -> Judgement:
    verdict = {0: "conforms", 1: "violates"}.get(code, "inconclusive")
    found = tuple({"id": name, "level": "must", "verdict": word} for name, word in clauses)
    return Judgement(code, verdict, requests, seconds, found, "", accepted)


def missed(*tried: Trial, bounds: Any = DEFAULT) -> list[str]:
    return [row.what for row in rows(Results(tried), bounds) if row.met is False]


FAULT, OTHER, GOOD_SENSE = subject("fault"), subject("other"), subject("good-sense", SHOULD)
FINE, SLOW = subject("fine", RIGHT, spotless=True), subject("slow", RIGHT, paced=True)
ALL_WELL = (
    Trial(FAULT, 0, judged(1)),
    Trial(OTHER, 0, judged(1)),
    Trial(GOOD_SENSE, 0, judged(1)),
    Trial(FINE, 0, judged(0)),
)


# -- the sample


def test_verifier_meets_its_targets_on_a_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make quality` does the same for every server with three seeds."""
    report = tmp_path / "quality.json"
    options = ["--sample", "5", "--seeds", "0", "--peer-sample", "0", "--bases", "all", "--pairs", "0"]
    code = quality.main([*options, "--json", str(report)])
    printed = capsys.readouterr().out
    assert code in {0, 1}, printed
    document = json.loads(report.read_text("utf-8"))
    assert len(document["trials"]) == 5 + 1
    # Times are measured by `make quality` on a quiet machine, not here.
    missed = [row["what"] for row in document["table"] if row["met"] is False]
    assert [what for what in missed if not what.startswith("seconds")] == [], printed


def test_faults_in_memory_are_found_as_over_http(capsys: pytest.CaptureFixture[str]) -> None:
    """`make quality` plays most faults in memory, and verifies a sample of them over HTTP too."""
    options = ["--in-memory", "--again", "4", "--only", "limit-*", "--bases", "all", "--pairs", "0"]
    quality.main([*options, "--quick", "--seeds", "0", "--jobs", "1", "--peer-sample", "0"])
    assert "results in memory that runs over HTTP repeat       4 of 4" in capsys.readouterr().out


def test_fault_that_shows_in_bytes_or_headers_needs_http() -> None:
    faults = {one.name: one.fault for one in collect()}
    played = {name: faults[name] for name in ("length-in-characters", "status-201") if faults[name] is not None}
    tried = {name: try_in_memory(fault, Extent(), 0) for name, fault in played.items() if fault is not None}
    assert tried["length-in-characters"] is None
    assert tried["status-201"] is not None
    assert tried["status-201"].found


def test_requests_in_memory_have_the_headers_that_the_client_adds() -> None:
    plain = on_wire(Request("POST", "/chat", (("Content-Type", "application/json"),), b"{}"))
    assert (plain.header("Accept"), plain.header("Accept-Encoding")) == ("application/json", "identity")
    assert on_wire(Request("POST", "/chat", (("Accept", "text/html"),), b"{}")).header("Accept") == "text/html"


def test_response_unlike_that_of_the_correct_server_shows_a_fault() -> None:
    def response(status: int, **body: Any) -> Response:
        return Response(status, (), json.dumps(body).encode())

    def request(**body: Any) -> Request:
        return Request("POST", "/chat", (("Content-Type", "application/json"),), json.dumps(body).encode())

    new, later = request(message="a"), request(message="a", conversation_id="1")
    assert is_alike(new, response(200, conversation_id="1"), response(200, conversation_id="2"))
    ids = response(200, conversation_id="1"), response(200, conversation_id="2")
    assert is_alike(later, *ids)
    assert not is_alike(later, *ids, {"1"})
    assert is_alike(request(message="a", limit="5"), response(200), response(422))
    assert is_alike(new, response(422, detail=["a"]), response(422, detail=["b", "a"]))
    assert not is_alike(new, response(422, detail=["c"]), response(422, detail=["b", "a"]))
    assert not is_alike(new, response(422, detail=[]), response(422, detail=["a"]))
    assert not is_alike(new, response(200), response(422, detail=["a"]))
    assert not is_alike(new, Breakdown("reset"), response(200))
    assert is_alike(new, Breakdown("reset"), Breakdown("reset"))


# -- the collection


def test_collection_contains_every_server_once() -> None:
    subjects = collect()
    assert len({one.name for one in subjects}) == len(subjects)
    faults = [one for one in subjects if one.faulty]
    assert len(faults) >= 150
    assert {one.level for one in faults} == {MUST, SHOULD}
    assert len(subjects) - len(faults) >= 20
    if os.environ.get("CHAT_CONTRACT_REQUIRE_ALL") == "1":
        # CI installs the toolchains of Python and Node only.
        assert [name for name in lacking() if ENTRIES[name].toolchain is None] == []


def test_sample_is_deterministic_and_covers_every_kind() -> None:
    subjects = collect()
    sample = sampled(subjects, 25, 6)
    assert sample == sampled(collect(), 25, 6)
    assert (sum(one.faulty for one in sample), len(sample)) == (25, 31)
    assert {one.level for one in sample} == {RIGHT, MUST, SHOULD}
    assert len({one.group for one in sample if one.faulty}) >= 7
    assert sampled(subjects, 10_000, 10_000) == subjects
    assert evenly("abcdefghij", 2) == ["c", "h"]
    assert evenly("abc", 0) == []


def test_only_selects_servers_by_name() -> None:
    assert [one.name for one in collect("status-20[1]")] == ["status-201"]
    assert quality.main(["--only", "no such server"]) == 2


def test_faults_that_do_not_show_on_a_base_are_left_out() -> None:
    hidden = subject("hidden@first", base=FIRST_NAMED)
    shown = subject("shown@first", base=FIRST_NAMED, shows=lambda: True)
    assert trials.observable([FAULT, hidden, shown, FINE], 2) == ([FAULT, shown, FINE], [hidden])


def test_collection_has_every_fault_and_drawn_pair_on_each_base() -> None:
    names = {one.name for one in collect("*", ("all", "hybrid"), 2)}
    assert {"status-201", "status-201@hybrid", "pair-001", "pair-002@hybrid", "style-decoder-first@hybrid"} <= names
    with pytest.raises(SystemExit):
        quality.main(["--bases", "last"])


# -- trials


def test_each_seed_runs_with_the_servers_key_and_level(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def verify(url: str, arguments: list[str], *, key: str | None) -> Judgement:
        calls.append((arguments, key))
        return judged(1)

    monkeypatch.setattr(trials, "verify", verify)
    try_out(subject("keyed", SHOULD, key="secret"), [3, 4], ["--quick"])
    assert calls == [
        (["--seed", "3", "--strict", "--quick"], "secret"),
        (["--seed", "4", "--strict", "--quick"], "secret"),
    ]
    assert try_out(subject("plain"), [0], [])[0].found
    assert calls[-1] == (["--seed", "0"], None)


@pytest.mark.parametrize(("lasting", "starts"), [(True, 1), (False, 2)])
def test_lasting_server_starts_once_for_all_seeds(
    monkeypatch: pytest.MonkeyPatch, starts: int, *, lasting: bool
) -> None:
    started = []

    @contextlib.contextmanager
    def serve() -> Iterator[str]:
        started.append(1)
        yield "http://127.0.0.1:9/v1"

    monkeypatch.setattr(trials, "verify", lambda *_, **__: judged(0))
    assert len(try_out(Subject("one", RIGHT, "group", "", serve, lasting=lasting), [0, 1], [])) == 2
    assert len(started) == starts


def test_server_that_does_not_start_is_reported_by_name() -> None:
    @contextlib.contextmanager
    def broken() -> Iterator[str]:
        raise RuntimeError("one did not start:\nTraceback")
        yield ""

    (trial,) = try_out(Subject("one", RIGHT, "group", "", broken), [0], [])
    assert not trial.conclusive
    assert trial.row().startswith("* one ")
    assert trial.row().endswith("one did not start:")


@pytest.mark.parametrize(
    ("again", "seconds"), [(judged(0, seconds=7.0), 7.0), (judged(0, seconds=30.0), 20.0), (judged(2), 20.0)]
)
def test_slow_trials_are_timed_again_alone(monkeypatch: pytest.MonkeyPatch, again: Judgement, seconds: float) -> None:
    monkeypatch.setattr(trials, "verify", lambda *_, **__: again)
    slow = judged(0, seconds=20.0)
    tried = [
        Trial(FINE, 0, slow),
        Trial(SLOW, 0, slow),
        Trial(FAULT, 0, judged(1, seconds=20.0)),
        Trial(FINE, 1, judged(0)),
    ]
    timed = [trial.judgement.seconds for trial in trials.timed_alone(tried, [], 10.0)]
    assert timed == [seconds, 20.0, 20.0, 4.0]


# -- the table


def test_table_meets_all_targets() -> None:
    assert missed(*ALL_WELL) == []
    assert missed(Trial(FAULT, 0, judged(1))) == []
    assert missed(Trial(SLOW, 0, judged(0, seconds=60.0)), Trial(FAULT, 0, judged(1, seconds=60.0))) == []


@pytest.mark.parametrize(
    ("trial", "what"),
    [
        (Trial(FAULT, 0, judged(0)), ["plain MUST faults found"]),
        (Trial(FAULT, 0, judged(2)), ["plain MUST faults found"]),
        (Trial(GOOD_SENSE, 0, judged(0)), ["plain SHOULD faults found with --strict"]),
        (Trial(FINE, 0, judged(1)), ["correct servers blamed"]),
        (Trial(SLOW, 0, judged(2)), ["correct servers without a verdict"]),
        (Trial(FINE, 0, judged(0, accepted=91)), ["accepted requests on a correct server"]),
        (Trial(FINE, 0, judged(0, 201)), ["requests on a correct server"]),
        (Trial(FAULT, 0, judged(1, 201)), ["requests on a faulty server"]),
        (Trial(FINE, 0, judged(0, 150, 10.1)), ["seconds on a correct server"]),
    ],
)
def test_table_names_each_missed_target(trial: Trial, what: list[str]) -> None:
    assert missed(trial) == what


def test_different_verdicts_between_seeds_miss_the_target() -> None:
    assert missed(*ALL_WELL, Trial(FAULT, 1, judged(0))) == [
        "plain MUST faults found",
        "verdicts that differ between seeds",
    ]
    assert missed(*ALL_WELL, Trial(FAULT, 1, judged(1, 180))) == []


def test_base_that_names_all_faults_has_targets_and_the_others_have_them_with_many_requests() -> None:
    other, pair = subject("fault@first", base=FIRST_NAMED), subject("pair-001", group=PAIRS)
    pairs = [Trial(subject(f"pair-{number}", group=PAIRS), 0, judged(1)) for number in range(40)]
    assert missed(Trial(other, 0, judged(0))) == []
    assert missed(Trial(other, 0, judged(0)), bounds=raised(DEFAULT, 1000)) == ["plain MUST faults found"]
    assert missed(*pairs, Trial(pair, 0, judged(0))) == []
    assert missed(*pairs[:5], Trial(pair, 0, judged(0))) == ["random pairs found"]


def test_fault_that_a_response_shows_is_to_be_found_on_every_base() -> None:
    other = subject("fault@first", base=FIRST_NAMED)
    assert missed(Trial(other, 0, judged(0), in_memory=True, unlike=0)) == []
    shown = Trial(other, 0, judged(0), in_memory=True, unlike=2)
    assert missed(shown) == ["faults found of those that a response shows"]
    assert "seed 0 in memory: 2 responses unlike those of the correct server; not found" in by_name(
        "faults not found", [other], Results([shown])
    )


def test_result_in_memory_that_a_run_over_http_contradicts_misses_the_target() -> None:
    in_memory = Trial(FAULT, 0, judged(1), in_memory=True)
    assert missed(in_memory, Trial(FAULT, 0, judged(1))) == []
    assert "results in memory that runs over HTTP repeat" in missed(in_memory, Trial(FAULT, 0, judged(0)))
    # A plan in memory ends early, so its number of requests tells nothing.
    assert missed(in_memory, Trial(OTHER, 0, judged(1, 201), in_memory=True)) == []


def test_table_has_a_section_for_each_base_that_was_verified() -> None:
    tried = [*ALL_WELL, Trial(subject("fault@first", base=FIRST_NAMED), 0, judged(1))]
    text = table(rows(Results(tried), DEFAULT))
    assert [line for line in text.splitlines() if line and line[0] != " "] == [
        "all faults named",
        "first fault named",
        "all servers",
    ]


def test_missed_pair_states_how_many_requests_met_its_conditions() -> None:
    missed_pair = Trial(subject("pair-001", group=PAIRS), 0, judged(0), met=3)
    text = by_name("faults not found", [missed_pair.subject], Results([missed_pair]))
    assert "seed 0: conditions met by 3 requests; conforms" in text


def test_quick_tier_has_its_own_targets() -> None:
    found = [Trial(subject(str(number)), 0, judged(1, 60)) for number in range(19)]
    assert missed(*found, Trial(FAULT, 0, judged(0, 60)), Trial(FINE, 0, judged(0, 60)), bounds=QUICK) == []
    assert missed(*found[1:], Trial(FAULT, 0, judged(0, 60)), bounds=QUICK) == ["plain MUST faults found"]
    assert missed(Trial(FINE, 0, judged(0, 60, accepted=26)), bounds=QUICK) == ["accepted requests on a correct server"]
    assert missed(Trial(FINE, 0, judged(0, 61)), bounds=QUICK) == ["requests on a correct server"]


def test_missed_faults_and_false_alarms_are_listed_and_exit_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = {
        "fault": judged(0),
        "good-sense": judged(1),
        "fine": judged(1, 150, 4.0, ("reply.items", "fail")),
    }
    monkeypatch.setattr(quality, "collect", lambda only, bases, drawn: [FINE, FAULT, GOOD_SENSE])
    monkeypatch.setattr(trials, "verify", lambda *_, **__: verdicts[current[0]])
    current: list[str] = []

    def one_after_the_other(
        subjects: list[Subject], seeds: list[int], arguments: list[str], jobs: int
    ) -> Iterator[list[Trial]]:
        for one in subjects:
            current[:] = [one.name]
            yield try_out(one, seeds, arguments)

    monkeypatch.setattr(quality, "try_all", one_after_the_other)
    assert quality.main(["--peer-sample", "0", "--seeds", "0"]) == 1
    printed = capsys.readouterr().out
    assert "faults not found: 1\n  fault (MUST, group): about fault\n    seed 0: conforms; failed: none" in printed
    assert (
        "correct servers blamed: 1\n  fine (correct, group): about fine\n    seed 0: violates; failed: reply.items"
        in printed
    )
    assert "targets missed: plain MUST faults found (all); correct servers blamed (all) (" in printed


def test_whole_measurement_names_the_part_of_each_missed_target(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def judge(options: argparse.Namespace) -> Results:
        found = 0 if options.max_requests else 1
        return Results([Trial(subject("fault@first", base=FIRST_NAMED), 0, judged(found, 60))])

    monkeypatch.setattr(quality, "judge", judge)
    report = tmp_path / "quality.json"
    assert quality.main(["--whole", "--peer-sample", "0", "--json", str(report)]) == 1
    printed = capsys.readouterr().out
    assert "targets missed: 1,000 requests on the other bases: plain MUST faults found (first)" in printed
    assert [part["tier"] for part in json.loads(report.read_text("utf-8")).values()] == [
        "default",
        "quick",
        "default",
        "default",
    ]


# -- Schemathesis on the same servers


def test_peer_is_compared_on_the_same_servers() -> None:
    peers = [
        PeerTrial(FINE, 1, 100, 8.0, ("ST401 no",)),
        PeerTrial(FAULT, 1, 100, 8.0, ()),
        PeerTrial(OTHER, 0, 100, 8.0, ()),
    ]
    _, ours, theirs, ratio = (line.split() for line in side_by_side(peers, Results(ALL_WELL)))
    assert ours == ["ours", "2", "of", "2", "0", "of", "1", "150", "4.0"]
    assert theirs == ["Schemathesis", "1", "of", "2", "1", "of", "1", "100", "8.0"]
    assert ratio[-2:] == ["1.50", "0.50"]


def test_peer_runs_with_all_checks() -> None:
    """With all checks, Schemathesis reports failures of a correct server and exits with 1."""
    (lax,) = collect("style-lax")
    trial = peer.try_peer(lax)
    assert trial.found
    assert trial.cases >= 100
    assert any("ST401" in failure for failure in trial.failures)
