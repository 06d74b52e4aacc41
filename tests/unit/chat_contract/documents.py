"""Builds contracts and overlays that differ from the shipped ones in one place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from chat_contract import read_source
from chat_contract.resources import openapi_dir

Value = dict[str, Any]
Change = Callable[[Value], Any]

_SHIPPED = read_source(openapi_dir() / "chat.yaml").value
POST = "$.paths['/chat'].post"
REQUEST = "$.components.schemas.ChatRequest.properties"


def contract_with(change: Change) -> Value:
    """Return the shipped contract with a change applied."""
    document: Value = copy.deepcopy(_SHIPPED)
    change(document)
    return document


def post(document: Value) -> Value:
    operation: Value = document["paths"]["/chat"]["post"]
    return operation


def schemas(document: Value) -> Value:
    found: Value = document["components"]["schemas"]
    return found


def message(document: Value) -> Value:
    found: Value = schemas(document)["ChatRequest"]["properties"]["message"]
    return found


def overlay_of(*actions: Any) -> Value:
    return {"overlay": "1.1.0", "info": {"title": "Ours", "version": "1"}, "actions": list(actions)}


def update(target: str, value: Any) -> Value:
    return {"target": target, "update": value}
