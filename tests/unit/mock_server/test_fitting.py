"""The bundled fixtures are fitted to a user's own document; what cannot fit is refused there."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_contract import DocumentError, read_source
from chat_contract.contract import validator_for
from chat_contract.resources import fixtures_dir, openapi_dir
from mock_server.loading.load import read_snapshot
from mock_server.loading.options import Options
from mock_server.shop.fitting import fit_items
from mock_server.shop.fixture_files import read_fixtures

Value = dict[str, Any]
ITEM = {"item_id": "A", "title": "Tent", "price": "5.50", "size": 4}


def reply(item: Value) -> Value:
    return {"properties": {"items": {"items": item}}}


FITTED: tuple[tuple[Value, Value], ...] = (
    ({}, ITEM),
    ({"properties": {"price": {"type": "number"}}}, ITEM | {"price": 5.5}),
    ({"properties": {"size": {"type": "string"}}}, ITEM | {"size": "4"}),
    ({"properties": {"title": {"type": "integer"}}}, {key: ITEM[key] for key in ("item_id", "price", "size")}),
    ({"properties": {"item_id": {}}, "additionalProperties": False}, {"item_id": "A"}),
    ({"properties": {"kind": {"const": "tent"}}, "required": ["kind"]}, ITEM | {"kind": "tent"}),
)


@pytest.mark.parametrize(("schema", "expected"), FITTED)
def test_item_is_changed_only_where_it_does_not_conform(schema: Value, expected: Value) -> None:
    [item] = fit_items([copy.deepcopy(ITEM)], reply(schema))
    assert item == expected
    assert validator_for(schema).is_valid(item)


def document(folder: Path, change: Callable[[Value], Any]) -> Path:
    value = copy.deepcopy(read_source(openapi_dir() / "chat.yaml").value)
    value.pop("servers")
    for response in value["paths"]["/chat"]["post"]["responses"].values():
        response.get("content", {}).get("application/json", {}).pop("examples", None)
    change(value["components"]["schemas"])
    file = folder / "openapi.json"
    file.write_text(json.dumps(value, indent=1), "utf-8")
    return file


def test_mock_serves_fitted_items_at_the_root(tmp_path: Path) -> None:
    def change(schemas: Value) -> None:
        schemas["Item"]["properties"]["title"] = {"type": "string", "maxLength": 200}
        schemas["Item"]["required"] = ["item_id", "stock"]
        schemas["Item"]["properties"]["stock"] = {"type": "integer", "minimum": 0}

    snapshot = read_snapshot(Options(spec=document(tmp_path, change)))
    assert snapshot.route == "/chat"
    assert all(isinstance(item["stock"], int) for item in snapshot.fixtures.items)


def test_reply_that_bundled_fixtures_cannot_fill_is_refused_in_the_users_document(tmp_path: Path) -> None:
    def change(schemas: Value) -> None:
        schemas["ChatResponse"]["required"].append("trace")
        schemas["ChatResponse"]["properties"]["trace"] = {"type": "string"}

    file = document(tmp_path, change)
    with pytest.raises(DocumentError, match="the bundled fixtures do not conform to this response") as caught:
        read_snapshot(Options(spec=file))
    assert caught.value.path == str(file)
    assert "--fixtures" in caught.value.hint
    assert str(fixtures_dir()) not in str(caught.value)


def test_fixtures_may_have_merge_keys(tmp_path: Path) -> None:
    (tmp_path / "conversations").mkdir()
    (tmp_path / "catalogue.yaml").write_text(
        "items:\n"
        "  - &tent {item_id: A, title: Tent, status: active, description: Red, price: '5'}\n"
        "  - {<<: *tent, item_id: B}\n",
        "utf-8",
    )
    fixtures = read_fixtures(tmp_path, {"type": "object"})
    assert fixtures.items[1] == fixtures.items[0] | {"item_id": "B"}
