"""All that answers are made from, ready for use: one frozen value, read once a request and replaced as a whole.

What changes from request to request (conversations, behaviours, the journal) is not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml
from jsonschema.exceptions import best_match
from pydantic_core import to_json

from chat_contract import Contract
from chat_contract.contract import validator_for
from mock_server.loading.load import Blueprint
from mock_server.shop.catalogue import Catalogue
from mock_server.shop.replies import Shop
from mock_server.shop.scenarios import Script
from mock_server.validation.fastapi_errors import Refuser


@dataclass(frozen=True, eq=False)
class State:
    """One reading of contract and fixtures."""

    blueprint: Blueprint
    refuser: Refuser
    shop: Shop

    @classmethod
    def from_blueprint(cls, blueprint: Blueprint) -> State:
        """Make everything ready; raises :class:`chat_contract.KitError` if this Python cannot search."""
        fixtures = blueprint.fixtures
        return cls(
            blueprint,
            Refuser(blueprint.request_schema, blueprint.latitude),
            Shop(
                catalogue=Catalogue(fixtures.items),
                script=Script(fixtures.conversations),
                default_limit=blueprint.default_limit,
            ),
        )

    @property
    def contract(self) -> Contract:
        """The whole contract, by which the journal judges what clients send."""
        return self.blueprint.contract

    @cached_property
    def document_json(self) -> bytes:
        """The contract as served, as JSON."""
        return to_json(dict(self.blueprint.document))

    @cached_property
    def document_yaml(self) -> bytes:
        """The same as YAML."""
        document = dict(self.blueprint.document)
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120).encode()

    # What a behaviour can choose from -------------------------------------------------------------------------------

    @cached_property
    def example_names(self) -> Mapping[str, int]:
        """The named examples of answers, each with its status; of two that are alike, the lower status has the name."""
        return {
            name: status
            for status in sorted(self.blueprint.examples, reverse=True)
            for name in self.blueprint.examples[status]
        }

    @property
    def conversation_names(self) -> Sequence[str]:
        return tuple(self.shop.script.conversations)

    @property
    def dynamic_codes(self) -> Sequence[int]:
        return tuple(self.blueprint.response_schemas)

    def fault_of_reply(self, reply: Mapping[str, Any]) -> str | None:
        """Say what of a reply given by hand would not be a ChatResponse."""
        whole = {"conversation_id": "x", "message": "", "items": [], **reply}
        fault = best_match(validator_for(self.blueprint.response_schemas[200]).iter_errors(whole))
        return None if fault is None else f"{fault.json_path}: {fault.message}"
