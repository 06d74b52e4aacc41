"""Servers that reject or replace ids of conversations that they did not issue exercise every MUST clause too."""

from __future__ import annotations

import json

import pytest

from chat_contract import load_contract
from chat_contract.conformance import examine
from chat_contract.exchange import Exchange, Request, Response
from chat_contract.roles import CONVERSATION
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import Tier, allocate
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()
DETAIL = [{"loc": ["body", CONVERSATION], "msg": "unknown conversation", "type": "value_error"}]


class RejectsForeignIds(ReferenceServer):
    """Responds 422 to ids that it did not issue."""

    def send(self, request: Request) -> Response:
        facts = examine(self.contract, Exchange(request, Response(0)), self.history)
        foreign = facts.sent_id is not None and not self.history.issued(facts.sent_id)
        response = super().send(request)
        return self.foreign(response) if foreign and facts.kind is not RequestKind.MUST_REJECT else response

    def foreign(self, response: Response) -> Response:
        if response.status != 200:
            return response
        return Response(422, response.headers, json.dumps({"detail": DETAIL}).encode())


class ReplacesForeignIds(RejectsForeignIds):
    """Opens a new conversation for ids that it did not issue."""

    replaced = 0

    def foreign(self, response: Response) -> Response:
        if response.status != 200:
            return response
        self.replaced += 1
        reply = json.loads(response.body) | {CONVERSATION: f"replacement-{self.replaced}"}
        return Response(200, response.headers, json.dumps(reply).encode())


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
@pytest.mark.parametrize("server", [RejectsForeignIds, ReplacesForeignIds])
def test_ids_alike_are_tried_with_issued_ones(server: type[ReferenceServer], tier: Tier) -> None:
    allocation = allocate(tier, None, None)
    runner = Runner(
        CONTRACT,
        server(CONTRACT),
        limits=allocation.until_exploration,
    )
    runner.play(make_plan(CONTRACT, allocation.sizes).sequences)
    tried = {clause for seen in runner.journal.observations for clause in seen.tried}
    assert {"conversation.alike-ids", "conversation.foreign"} <= tried
