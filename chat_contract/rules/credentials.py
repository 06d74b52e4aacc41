"""What a server does that demands a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chat_contract.interactions import Credential
from chat_contract.rules.facts import Facts, Finding, Kind, RuleTable

TABLE = RuleTable()


def _says_no(clause: str, credential: Credential) -> Callable[[Facts], Iterator[Finding]]:
    @TABLE.rule(clause, lambda facts: facts.kind is Kind.CREDENTIALS and facts.request.credential == credential)
    def find(facts: Facts) -> Iterator[Finding]:
        if facts.status != 401:
            yield Finding("status 401", facts.seen)
        leaked = set(facts.contract.response_schema(200).get("required", ())) - {"message"}
        if isinstance(facts.answer, dict) and (found := sorted(leaked & set(facts.answer))):
            yield Finding("no content", {name: facts.answer[name] for name in found})

    return find


missing = _says_no("credentials.missing", "missing")
wrong = _says_no("credentials.wrong", "wrong")
malformed = _says_no("credentials.malformed", "malformed")
spoofed = _says_no("credentials.spoofed", "spoofed")


@TABLE.rule("credentials.accepted", lambda facts: facts.kind is Kind.MUST_ACCEPT)
def accepted(facts: Facts) -> Iterator[Finding]:
    if facts.status == 401:
        yield Finding("status 200 with the key that the run names", facts.seen)
