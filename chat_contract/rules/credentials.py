"""What a server does that demands a key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chat_contract.exchange import Credential
from chat_contract.roles import MESSAGE
from chat_contract.rules.facts import Facts, Finding, Kind, Rule


def _tries_entrance(facts: Facts, credential: Credential) -> bool:
    return facts.kind is Kind.CREDENTIALS and facts.request.credential == credential


def turned_away(facts: Facts) -> Iterator[Finding]:
    if facts.status != 401:
        yield Finding("status 401", facts.seen)
    # An error may have a message; what else a reply holds is content.
    content = set(facts.contract.response_schema(200).get("required", ())) - {MESSAGE}
    if isinstance(facts.answer, dict) and (leaked := sorted(content & set(facts.answer))):
        yield Finding("no content", {name: facts.answer[name] for name in leaked})


def _tries_accepted(facts: Facts) -> bool:
    return facts.kind is Kind.MUST_ACCEPT


def accepted(facts: Facts) -> Iterator[Finding]:
    if facts.status == 401:
        yield Finding("status 200 with the key that the run names", facts.seen)


TABLE: tuple[Rule, ...] = (
    Rule("credentials.missing", partial(_tries_entrance, credential="missing"), turned_away),
    Rule("credentials.wrong", partial(_tries_entrance, credential="wrong"), turned_away),
    Rule("credentials.malformed", partial(_tries_entrance, credential="malformed"), turned_away),
    Rule("credentials.spoofed", partial(_tries_entrance, credential="spoofed"), turned_away),
    Rule("credentials.accepted", _tries_accepted, accepted),
)
