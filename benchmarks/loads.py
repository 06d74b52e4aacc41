"""The loads: bodies, the fixtures that they need, and the scripts with which wrk sends them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_contract import load_contract

NUMBER = "<number>"
"""Stands for the number of the request in a body."""
EXAMPLE = load_contract().request_examples["documented"]
_EVENT = {"timestamp": "2024-06-14T10:00:00Z", "type": "browse", "item_id": "ST678VG"}
_TURNS = 20
_WORDS = ("oak", "brass", "linen", "walnut", "ceramic", "steel", "wool", "cotton", "glass", "copper")
_THINGS = ("table", "lamp", "kettle", "chair", "rug", "clock", "shelf", "vase", "pan", "bench")


@dataclass(frozen=True)
class Load:
    """Bodies that are sent in turn. ``fixtures`` are the numbers of items and conversations to serve."""

    name: str
    bodies: tuple[Any, ...]
    connections: int = 8
    fixtures: tuple[int, int] | None = None
    status: int = 200
    everyone: bool = False
    """Measure the other servers too."""


def _conversation() -> tuple[Any, ...]:
    messages = ("a desk for heavy tools", "is it delivered assembled", "show me lamps", "something cheaper")
    return tuple(
        {"message": messages[turn % len(messages)], "conversation_id": "bench-conversation", "user_id": "u1"}
        for turn in range(_TURNS)
    )


SEARCH = {"message": "a round oak table for the kitchen"}
SEARCH_LOAD = Load("search of 10,000 items", (SEARCH,), fixtures=(10_000, 10))
EXAMPLE_LOADS = tuple(
    Load(f"example, {connections} connection{'s' * (connections > 1)}", (EXAMPLE,), connections, everyone=True)
    for connections in (1, 8, 200)
)
LOADS: tuple[Load, ...] = (
    *EXAMPLE_LOADS,
    # Nothing of a request is known from an earlier one.
    Load("new conversation each time", (EXAMPLE | {"conversation_id": f"c-{NUMBER}"},), everyone=True),
    Load("invalid body", ({"limit": "x"},), status=422, everyone=True),
    Load("conversation of 20 turns", _conversation()),
    Load("100 events", ({**EXAMPLE, "events": [_EVENT] * 100},), everyone=True),
    Load("search of the shipped 60 items", (SEARCH,)),
    Load("search of 10 items", (SEARCH,), fixtures=(10, 10)),
    Load("search of 1,000 items", (SEARCH,), fixtures=(1000, 10)),
    SEARCH_LOAD,
    Load("match in 10 conversations", ({"message": "topic5 please"},), fixtures=(10, 10)),
    Load("match in 1,000 conversations", ({"message": "topic500 please"},), fixtures=(10, 1000)),
)


def write_fixtures(folder: Path, items: int, conversations: int) -> Path:
    """Write a shop of that many items and conversations."""
    (folder / "conversations").mkdir(parents=True)
    listed = [
        {
            "item_id": f"IT{number}",
            "title": f"{_WORDS[number % 10]} {_THINGS[number // 10 % 10]} {number}".title(),
            "status": "active",
            "description": f"A {_WORDS[number // 7 % 10]} {_THINGS[number % 10]} with number {number}.",
            "price": f"{number % 900 + 10}.50",
        }
        for number in range(items)
    ]
    (folder / "catalogue.yaml").write_text(json.dumps({"items": listed}))
    for number in range(conversations):
        turn = {"shopper": {"words": [f"topic{number}"]}, "reply": f"About topic {number}.", "items": ["IT1"]}
        (folder / "conversations" / f"topic-{number:04}.yaml").write_text(json.dumps({"turns": [turn]}))
    return folder


def wrk_script(bodies: Sequence[Any]) -> str:
    """Return a script for wrk that sends the bodies in turn."""
    listed = ", ".join(_lua(json.dumps(body)) for body in bodies)
    return (
        f"local bodies = {{{listed}}}\nlocal next_one = 0\n"
        'local headers = {["Content-Type"] = "application/json"}\n'
        "local count = 0\n"
        "function request()\n  next_one = next_one % #bodies + 1\n  count = count + 1\n"
        f'  local body = string.gsub(bodies[next_one], "{NUMBER}", count)\n'
        '  return wrk.format("POST", nil, headers, body)\nend\n'
    )


def _lua(text: str) -> str:
    return "[==[" + text + "]==]"
