"""Make case sequences of the violations in a report, to send only those again."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chat_contract import UsageError
from chat_contract.roles import CONVERSATION
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority
from chat_verifier.planning.encoding import ISSUED
from chat_verifier.report.model import ExchangeReport, VerifyReport, ViolationReport
from chat_verifier.traffic.read import bytes_of

_SHOWN = (ClauseVerdict.FAIL, ClauseVerdict.WARN)


def replay_sequences(report: VerifyReport) -> tuple[CaseSequence, ...]:
    """Return the conversations that showed the violations; later turns send the new conversation id.

    Requests with a wrong credential are left out, since a report does not contain it. Raises :class:`UsageError` if
    nothing is left.
    """
    found = tuple(_sequences(report))
    if not found:
        raise UsageError("--replay: the report has no violation that can be sent again. Run verify without --replay.")
    return found


def _sequences(report: VerifyReport) -> Iterator[CaseSequence]:
    for clause, violation in report.violations(*_SHOWN):
        if clause.group != Group.CREDENTIALS:
            cases = tuple(_case(violation, turn, one) for turn, one in enumerate(violation.exchanges))
            yield CaseSequence(f"{clause.id}:{violation.case}", Group.RECORDED, cases, priority=Priority.ESSENTIAL)


def _case(violation: ViolationReport, turn: int, exchange: ExchangeReport) -> Case:
    request = exchange.request
    headers = tuple((name, value) for name, value in request.headers.items() if name != "Transfer-Encoding")
    return Case(
        violation.case if turn + 1 == len(violation.exchanges) else f"turn-{turn + 1}",
        violation.label,
        _body(exchange, continues=turn > 0),
        request.method,
        request.path,
        headers,
        chunked="Transfer-Encoding" in request.headers,
    )


def _body(exchange: ExchangeReport, *, continues: bool) -> object:
    raw = bytes_of(exchange.request.body)
    if not continues:
        return raw
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    return {**value, CONVERSATION: ISSUED} if isinstance(value, dict) and CONVERSATION in value else raw
