"""What the history records of one exchange determines how the next one is judged."""

from __future__ import annotations

from typing import Any

import pytest

from chat_contract import Contract, Exchange, History, Request, RequestClass, classify
from chat_contract.body import ABSENT
from chat_contract.conformance import examine, judge, update_history
from chat_contract.exchange import Breakdown, find_header
from tests.unit.chat_contract.exchanges import EVENT, ask, reject, reply, response, say


class Run:
    """A conversation whose exchanges are judged in order, with one history."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.history = History()

    def turn(self, request: Request, outcome: Any) -> set[str]:
        """Return the clauses that the exchange violates, then add the exchange to the history."""
        exchange = Exchange(request, outcome)
        found = {violation.clause for violation in judge(self.contract, exchange, self.history)}
        update_history(self.history, examine(self.contract, exchange, self.history))
        return found


@pytest.fixture
def run(contract: Contract) -> Run:
    return Run(contract)


def gives(conversation_id: Any) -> Any:
    return reply(conversation_id=conversation_id)


def test_issued_id_must_come_back_unchanged(run: Run) -> None:
    assert run.turn(say(), gives("c1")) == set()
    for _ in range(5):
        assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(conversation_id="c1"), gives("c2")) == {"conversation.kept"}
    assert run.history.conversations["c1"].turns == 6


def test_a_turn_of_an_issued_conversation_must_be_accepted(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(conversation_id="c1"), reject(["conversation_id"])) == {"request.optional-field"}
    assert run.turn(say(conversation_id="c1"), response(404)) == {"request.optional-field", "rejection.harmless"}


def test_reusing_an_id_for_a_new_conversation_is_a_violation(run: Run) -> None:
    run.turn(say(session_id="s"), gives("c1"))
    assert run.turn(say(session_id="s"), gives("c2")) == set()
    assert run.turn(say(session_id="s"), gives("c1")) == {"conversation.distinct"}


def test_issuing_an_id_that_a_client_sent_before_is_a_violation(run: Run) -> None:
    assert run.turn(say(conversation_id="mine"), gives("mine")) == set()
    assert run.turn(say(), gives("mine")) == {"conversation.distinct"}
    assert not run.history.issued("mine")


def test_issuing_a_client_id_that_was_replaced_is_a_violation(run: Run) -> None:
    assert run.turn(say(conversation_id="mine"), gives("c1")) == set()
    assert run.turn(say(), gives("mine")) == {"conversation.distinct"}


def test_client_id_that_comes_back_does_not_count_as_issued(run: Run) -> None:
    run.turn(say(conversation_id="mine"), gives("mine"))
    assert classify(run.contract, say(conversation_id="mine"), run.history).request_class is RequestClass.DOCUMENTED
    assert run.turn(say(conversation_id="mine"), reject(["conversation_id"])) == {"request.documented"}


def test_id_that_replaces_a_client_id_counts_as_issued(run: Run) -> None:
    assert run.turn(say(conversation_id="mine"), gives("c1")) == set()
    assert run.history.issued("c1")
    assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(conversation_id="other"), gives("c1")) == {"conversation.foreign"}


@pytest.mark.parametrize("copy", ["mine", "MINE-1234", "mine-1"])
def test_copy_of_a_client_id_is_a_violation(run: Run, copy: str) -> None:
    assert run.turn(say(conversation_id=" Mine-1234\n"), gives(copy)) == {"conversation.no-copy"}


def test_conversation_continues_after_a_rejected_turn(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(5, conversation_id="c1"), reject(["message"])) == {"error.missing-type"} - {
        "error.missing-type"
    }
    assert run.history.conversations["c1"].rejected
    assert "rejection.harmless" in run.turn(say(conversation_id="c1"), response(404))
    run.turn(say(5, conversation_id="c1"), reject(["message"]))
    assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert not run.history.conversations["c1"].rejected


def test_only_the_user_who_started_a_conversation_is_must_accept(run: Run) -> None:
    run.turn(say(user_id="ann"), gives("c1"))
    assert run.turn(say(conversation_id="c1", user_id="ann"), reject(["user_id"])) == {"request.accepted"}
    assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(conversation_id="c1", user_id="bob"), reject(["user_id"])) == set()
    assert run.turn(say(conversation_id="c1", user_id="bob"), gives("c1")) == set()


def test_client_id_may_be_tied_to_a_user_from_before_the_run(run: Run) -> None:
    """Another run may have sent the id, to a server that keeps conversations."""
    assert run.turn(say(conversation_id="mine", user_id="ann"), reject(["user_id"])) == set()
    assert run.turn(say(conversation_id="mine"), reject(["user_id"])) == {"error.loc", "request.documented"}


def test_client_id_sent_without_a_user_may_be_tied_to_no_user(run: Run) -> None:
    run.turn(say(conversation_id="mine"), gives("mine"))
    assert run.turn(say(conversation_id="mine", user_id="ann"), reject(["user_id"])) == set()


def test_another_session_in_a_conversation_must_be_accepted(run: Run) -> None:
    run.turn(say(session_id="s1"), gives("c1"))
    assert run.turn(say(conversation_id="c1", session_id="s2"), gives("c1")) == set()
    assert run.turn(say(conversation_id="c1", session_id="s2"), reject(["session_id"])) == {"request.accepted"}


def test_events_do_not_change_the_conversation(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(conversation_id="c1", events=[EVENT]), gives("c2")) == {"conversation.kept"}


@pytest.mark.parametrize("given", ["", None, 5, ["c"]])
def test_invalid_id_in_a_reply_is_not_recorded(run: Run, given: Any) -> None:
    run.turn(say(), gives(given))
    assert (run.history.conversations, run.history.seen, run.history.in_use) == ({}, set(), {})


@pytest.mark.parametrize("sent", [None, 5, ["c"], {}])
def test_invalid_id_in_a_request_is_not_recorded(run: Run, sent: Any) -> None:
    run.turn(say(conversation_id=sent, limit="abc"), reject(["conversation_id"]))
    assert run.history == History()


@pytest.mark.parametrize(
    "outcome", [response(500), reject(["message"]), response(201, gives("c").body), Breakdown("reset")]
)
def test_only_a_200_issues_a_conversation(run: Run, outcome: Any) -> None:
    run.turn(say(), outcome)
    assert not run.history.conversations


def test_reply_to_a_must_reject_request_issues_no_conversation(run: Run) -> None:
    run.turn(say(5), gives("c1"))
    assert not run.history.conversations


def test_a_reply_to_another_media_type_issues_a_conversation(run: Run) -> None:
    run.turn(ask({"message": "a"}, headers=()), gives("c1"))
    assert run.history.issued("c1")


def test_unspecified_request_must_get_the_same_status_again(run: Run) -> None:
    assert run.turn(say(limit=-1), gives("c1")) == set()
    assert run.turn(say(limit=-1), gives("c2")) == set()
    assert run.turn(say(limit=-1), reject(["limit"])) == {"latitude.repeatable"}
    assert run.turn(say(limit=-2), reject(["limit"])) == set()
    assert run.turn(say(limit=-2), gives("c3")) == {"latitude.repeatable"}


def test_unspecified_request_in_a_conversation_may_get_another_status(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(limit=-1, conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(limit=-1, conversation_id="c1"), reject(["limit"])) == set()


def test_a_history_starts_empty() -> None:
    assert History() == History({}, set(), {})
    assert not History().issued("c")


def test_conversation_started_without_a_user_belongs_to_no_user(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.history.conversations["c1"].user is ABSENT
    assert not run.history.same_user("c1", "ann")


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_find_header_ignores_case_and_returns_the_first_value(name: str) -> None:
    assert find_header([("X", "0"), ("content-TYPE", "a"), ("Content-Type", "b")], name) == "a"
    assert find_header([], name) is None
    assert response(200, "", (("ALLOW", "POST"),)).header("Allow") == "POST"
