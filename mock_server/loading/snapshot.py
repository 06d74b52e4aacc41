"""The configuration that the mock serves, ready for use: one frozen value that a reload swaps as a whole.

Conversations, rules and the journal change from request to request; they live elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from chat_contract import Contract
from mock_server.loading.fingerprint import Stamp
from mock_server.loading.options import Options
from mock_server.loading.status import Status
from mock_server.shop.fixture_files import Fixtures
from mock_server.shop.replies import Shop
from mock_server.validation.fastapi_errors import RequestValidator
from mock_server.validation.leniency import Leniency


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One version of the contract and the fixtures, and whether it still matches the files."""

    status: Status
    stamp: Stamp
    """Fingerprint of the files, taken before they were read."""
    contract: Contract
    method: str
    path: str
    """The operation's path, relative to the server's base path."""
    route: str
    """The full path that the mock serves."""
    request_schema: Mapping[str, Any]
    response_schemas: Mapping[int, Mapping[str, Any]]
    examples: Mapping[int, Mapping[str, Any]]
    """Named examples of each status."""
    document: Mapping[str, Any]
    fixtures: Fixtures
    default_limit: int
    leniency: Leniency
    options: Options
    validator: RequestValidator
    shop: Shop

    @cached_property
    def document_json(self) -> bytes:
        """The served contract as JSON."""
        return to_json(dict(self.document))

    @cached_property
    def document_yaml(self) -> bytes:
        """The served contract as YAML."""
        import yaml  # noqa: PLC0415 - only /_mock/openapi.yaml needs it

        return yaml.safe_dump(dict(self.document), sort_keys=False, allow_unicode=True, width=120).encode()

    # Valid values of overrides --------------------------------------------------------------------------------------

    @cached_property
    def example_names(self) -> Mapping[str, int]:
        """Map each named response example to its status; the lower status wins if two examples share a name."""
        return {name: status for status in sorted(self.examples, reverse=True) for name in self.examples[status]}

    @property
    def conversation_names(self) -> Sequence[str]:
        """The names of the scenarios."""
        return tuple(self.shop.scenarios.by_name)

    @property
    def dynamic_codes(self) -> Sequence[int]:
        """The statuses whose responses can be generated from a schema."""
        return tuple(self.response_schemas)

    def reply_error(self, reply: Mapping[str, Any]) -> str | None:
        """Return why a reply, completed with defaults, is not a valid ChatResponse; None if it is valid."""
        return self.body_error(200, {"conversation_id": "x", "message": "", "items": [], **reply})

    def body_error(self, status: int, body: Any) -> str | None:
        """Return why a body is not valid for a status; None if it is valid, or if the contract has no schema."""
        from jsonschema.exceptions import best_match  # noqa: PLC0415 - only rules with a content need it

        from chat_contract.contract import validator_for  # noqa: PLC0415

        if status not in self.response_schemas:
            return None
        error = best_match(validator_for(self.response_schemas[status]).iter_errors(body))
        return None if error is None else f"{error.json_path}: {error.message}"
