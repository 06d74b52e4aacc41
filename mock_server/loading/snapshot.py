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


def _servers(url: str) -> list[dict[str, str]]:
    return [{"url": url, "description": "This mock"}]


def _without_servers(item: Any) -> Any:
    """Return a path item without its servers and those of its operations."""
    if not isinstance(item, Mapping):
        return item
    return {
        name: {key: value for key, value in part.items() if key != "servers"} if isinstance(part, Mapping) else part
        for name, part in item.items()
        if name != "servers"
    }


def _as_yaml(document: Mapping[str, Any]) -> bytes:
    import yaml  # noqa: PLC0415 - only /_mock/openapi.yaml needs it

    return yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=120).encode()


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

    def document_json(self, url: str) -> bytes:
        """Return the served contract as JSON, with the server at ``url`` as its only one."""
        return to_json({**self.document_elsewhere, "servers": _servers(url)})

    def document_yaml(self, url: str) -> bytes:
        """Return the same as YAML."""
        return self._yaml_elsewhere + _as_yaml({"servers": _servers(url)})

    @cached_property
    def document_elsewhere(self) -> Mapping[str, Any]:
        """The contract without its servers: a client that is generated from it sends nothing to another service."""
        document = {name: value for name, value in self.document.items() if name != "servers"}
        document["paths"] = {path: _without_servers(item) for path, item in self.document.get("paths", {}).items()}
        return document

    @cached_property
    def _yaml_elsewhere(self) -> bytes:
        return _as_yaml(self.document_elsewhere)

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
        validator = self.contract.response_validators.get(status)
        if validator is None or validator.is_valid(body):
            return None
        from jsonschema.exceptions import best_match  # noqa: PLC0415 - imports 4 MB, and only errors need it

        error = best_match(validator.iter_errors(body))
        return None if error is None else f"{error.json_path}: {error.message}"
