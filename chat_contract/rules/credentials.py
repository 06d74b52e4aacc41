"""How a server that demands credentials treats requests with and without them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chat_contract.exchange import Credential
from chat_contract.roles import MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.findings import Finding, Rule, field_names, wrong_outcome


def _applies_to(facts: ExchangeFacts, credential: Credential) -> bool:
    return facts.kind is RequestKind.CREDENTIALS and facts.request.credential == credential


def unauthorized(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status != 401:
        yield wrong_outcome("status 401", facts)
    if 200 <= facts.status < 300:
        # The status says already that the server replied.
        return
    # An error may have a message; every other required field of a reply is content.
    content = set(facts.contract.response_schema(200).get("required", ())) - {MESSAGE}
    body = facts.response_json if isinstance(facts.response_json, dict) else {}
    # A field without a value leaks nothing.
    if leaked := sorted(name for name in content if body.get(name) not in (None, "", [], {})):
        yield Finding("a body without reply content", "reply-content", field_names(leaked))


def _applies_accepted(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.MUST_ACCEPT


def accepted(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.status == 401:
        yield wrong_outcome("status 200 with the configured credentials", facts)


TABLE: tuple[Rule, ...] = (
    Rule("credentials.missing", partial(_applies_to, credential="missing"), unauthorized),
    Rule("credentials.wrong", partial(_applies_to, credential="wrong"), unauthorized),
    Rule("credentials.malformed", partial(_applies_to, credential="malformed"), unauthorized),
    Rule("credentials.spoofed", partial(_applies_to, credential="spoofed"), unauthorized),
    Rule("credentials.accepted", _applies_accepted, accepted),
)
