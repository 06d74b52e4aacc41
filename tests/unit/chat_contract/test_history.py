"""What a run learns from one exchange decides how the next is judged."""

from __future__ import annotations

from typing import Any

import pytest

from chat_contract import Contract, Exchange, History, Request, RequestClass, classify
from chat_contract.body import ABSENT
from chat_contract.conformance import examine, judge, update_history
from chat_contract.exchange import Breakdown, find_header
from tests.unit.chat_contract.exchanges import EVENT, answer, ask, refuse, reply, say


class Run:
    """A conversation with an imaginary server, judged turn by turn."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.history = History()

    def turn(self, request: Request, outcome: Any) -> set[str]:
        """Judge the exchange by what was known before it, then learn from it."""
        exchange = Exchange(request, outcome)
        found = {violation.clause for violation in judge(self.contract, exchange, self.history)}
        update_history(self.history, examine(self.contract, exchange, self.history))
        return found


@pytest.fixture
def run(contract: Contract) -> Run:
    return Run(contract)


def gives(conversation_id: Any) -> Any:
    return reply(conversation_id=conversation_id)


def test_an_id_that_came_back_is_issued_and_must_be_kept(run: Run) -> None:
    assert run.turn(say(), gives("c1")) == set()
    for _ in range(5):
        assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(conversation_id="c1"), gives("c2")) == {"conversation.kept"}
    assert run.history.conversations["c1"].turns == 6


def test_a_turn_of_an_issued_conversation_must_be_accepted(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(conversation_id="c1"), refuse(["conversation_id"])) == {"request.optional-field"}
    assert run.turn(say(conversation_id="c1"), answer(404)) == {"request.optional-field", "rejection.harmless"}


def test_no_id_is_given_twice(run: Run) -> None:
    run.turn(say(session_id="s"), gives("c1"))
    assert run.turn(say(session_id="s"), gives("c2")) == set()
    assert run.turn(say(session_id="s"), gives("c1")) == {"conversation.distinct"}


def test_an_id_that_a_shopper_made_up_is_not_given_to_another(run: Run) -> None:
    assert run.turn(say(conversation_id="mine"), gives("mine")) == set()
    assert run.turn(say(), gives("mine")) == {"conversation.distinct"}
    assert not run.history.issued("mine")


def test_a_made_up_id_that_was_replaced_is_not_given_to_another(run: Run) -> None:
    assert run.turn(say(conversation_id="mine"), gives("c1")) == set()
    assert run.turn(say(), gives("mine")) == {"conversation.distinct"}


def test_a_made_up_id_stays_made_up(run: Run) -> None:
    run.turn(say(conversation_id="mine"), gives("mine"))
    assert classify(run.contract, say(conversation_id="mine"), run.history).request_class is RequestClass.DOCUMENTED
    assert run.turn(say(conversation_id="mine"), refuse(["conversation_id"])) == {"request.documented"}


def test_an_id_that_replaces_a_made_up_one_is_issued(run: Run) -> None:
    assert run.turn(say(conversation_id="mine"), gives("c1")) == set()
    assert run.history.issued("c1")
    assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(conversation_id="other"), gives("c1")) == {"conversation.foreign"}


@pytest.mark.parametrize("copy", ["mine", "MINE-1234", "mine-1"])
def test_a_copy_of_a_made_up_id_is_no_fresh_one(run: Run, copy: str) -> None:
    assert run.turn(say(conversation_id=" Mine-1234\n"), gives(copy)) == {"conversation.no-copy"}


def test_a_refused_turn_does_no_harm(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(5, conversation_id="c1"), refuse(["message"])) == {"error.missing-type"} - {
        "error.missing-type"
    }
    assert run.history.conversations["c1"].rejected
    assert "rejection.harmless" in run.turn(say(conversation_id="c1"), answer(404))
    run.turn(say(5, conversation_id="c1"), refuse(["message"]))
    assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert not run.history.conversations["c1"].rejected


def test_the_user_who_began_a_conversation_goes_on_with_it(run: Run) -> None:
    run.turn(say(user_id="ann"), gives("c1"))
    assert run.turn(say(conversation_id="c1", user_id="ann"), refuse(["user_id"])) == {"request.accepted"}
    assert run.turn(say(conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(conversation_id="c1", user_id="bob"), refuse(["user_id"])) == set()
    assert run.turn(say(conversation_id="c1", user_id="bob"), gives("c1")) == set()


def test_a_made_up_conversation_may_belong_to_the_user_who_named_it_first(run: Run) -> None:
    run.turn(say(conversation_id="mine", user_id="ann"), gives("mine"))
    blameless = {"error.loc", "request.documented"}
    assert run.turn(say(conversation_id="mine", user_id="ann"), refuse(["user_id"])) == blameless
    assert run.turn(say(conversation_id="other", user_id="bob"), refuse(["user_id"])) == blameless
    assert run.turn(say(conversation_id="mine", user_id="bob"), refuse(["user_id"])) == set()
    assert run.turn(say(conversation_id="mine", user_id="ann"), refuse(["user_id"])) == set()


def test_a_made_up_conversation_that_nobody_in_particular_named_may_be_kept_from_everybody(run: Run) -> None:
    run.turn(say(conversation_id="mine"), gives("mine"))
    assert run.turn(say(conversation_id="mine", user_id="ann"), refuse(["user_id"])) == set()


def test_another_session_must_be_accepted(run: Run) -> None:
    run.turn(say(session_id="s1"), gives("c1"))
    assert run.turn(say(conversation_id="c1", session_id="s2"), gives("c1")) == set()
    assert run.turn(say(conversation_id="c1", session_id="s2"), refuse(["session_id"])) == {"request.accepted"}


def test_events_do_not_change_the_conversation(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(conversation_id="c1", events=[EVENT]), gives("c2")) == {"conversation.kept"}


@pytest.mark.parametrize("given", ["", None, 5, ["c"]])
def test_what_is_no_id_is_not_remembered(run: Run, given: Any) -> None:
    run.turn(say(), gives(given))
    assert run.history == History()


@pytest.mark.parametrize("sent", [None, 5, ["c"], {}])
def test_what_was_sent_and_is_no_id_is_not_remembered_either(run: Run, sent: Any) -> None:
    run.turn(say(conversation_id=sent, limit="abc"), refuse(["conversation_id"]))
    assert run.history == History()


@pytest.mark.parametrize(
    "outcome", [answer(500), refuse(["message"]), answer(201, gives("c").body), Breakdown("reset")]
)
def test_only_a_200_issues_a_conversation(run: Run, outcome: Any) -> None:
    run.turn(say(), outcome)
    assert not run.history.conversations


def test_a_reply_to_what_must_be_refused_issues_nothing(run: Run) -> None:
    run.turn(say(5), gives("c1"))
    assert not run.history.conversations


def test_a_reply_to_another_media_type_issues_a_conversation(run: Run) -> None:
    run.turn(ask({"message": "a"}, headers=()), gives("c1"))
    assert run.history.issued("c1")


def test_the_same_open_request_gets_the_same_answer(run: Run) -> None:
    assert run.turn(say(limit=-1), gives("c1")) == set()
    assert run.turn(say(limit=-1), gives("c2")) == set()
    assert run.turn(say(limit=-1), refuse(["limit"])) == {"latitude.repeatable"}
    assert run.turn(say(limit=-2), refuse(["limit"])) == set()
    assert run.turn(say(limit=-2), gives("c3")) == {"latitude.repeatable"}


def test_in_a_conversation_the_answer_may_differ(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.turn(say(limit=-1, conversation_id="c1"), gives("c1")) == set()
    assert run.turn(say(limit=-1, conversation_id="c1"), refuse(["limit"])) == set()


def test_a_history_starts_empty() -> None:
    assert History() == History({}, set(), {})
    assert not History().issued("c")


def test_a_conversation_without_a_user_is_nobodys(run: Run) -> None:
    run.turn(say(), gives("c1"))
    assert run.history.conversations["c1"].user is ABSENT
    assert not run.history.same_user("c1", "ann")


@pytest.mark.parametrize("name", ["Content-Type", "content-type", "CONTENT-TYPE"])
def test_headers_are_found_in_any_case_and_the_first_counts(name: str) -> None:
    assert find_header([("X", "0"), ("content-TYPE", "a"), ("Content-Type", "b")], name) == "a"
    assert find_header([], name) is None
    assert answer(200, "", (("ALLOW", "POST"),)).header("Allow") == "POST"
