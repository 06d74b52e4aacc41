"""How mock servers of the contract answer: python -m testbed.mock_answers http://127.0.0.1:4010/v1 …

Sends invalid and valid requests to each base URL, and counts the correct answers. Use it to compare the mock with
other mock servers that read openapi/chat.yaml.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from chat_contract import Contract, load_contract
from chat_contract.classification import classify
from chat_contract.exchange import Request

SECONDS = 60
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer key"}
_EVENT = {"timestamp": "2024-06-14T10:00:00Z", "type": "click"}
INVALID: tuple[Any, ...] = (
    {},
    [],
    "text",
    {"message": 5},
    {"message": None},
    {"message": "a", "limit": "four"},
    {"message": "a", "limit": [1]},
    {"message": "a", "session_id": 1},
    {"message": "a", "events": {}},
    {"message": "a", "events": [_EVENT, {"type": "click"}]},
    {"message": "a", "events": [{**_EVENT, "type": 1}]},
    {"limit": "four", "events": [{}]},
    {"message": "a", "user_id": [], "events": ["click"]},
)
VALID: tuple[Any, ...] = (
    {"message": "a desk"},
    {"message": "a desk", "limit": 1},
    {"message": "a desk", "limit": 2, "session_id": "s", "user_id": "u"},
    {"message": "a desk", "events": []},
    {"message": "a desk", "events": [_EVENT]},
    {"message": "a desk", "events": [{**_EVENT, "item_id": "A1", "description": "Seen"}]},
    {"message": "机が欲しい"},
)


@dataclass(frozen=True)
class Counts:
    """How many answers of a server are correct."""

    rejected: int
    located: int
    accepted: int
    limited: bool
    continued: bool

    def row(self, url: str) -> str:
        """Return the counts as a line of text."""
        return (
            f"{url}: rejects {self.rejected} of {len(INVALID)} invalid requests with 422 and names exactly the invalid "
            f"places of {self.located}; accepts {self.accepted} of {len(VALID)} valid requests; applies limit: "
            f"{_yes(self.limited)}; keeps conversations apart: {_yes(self.continued)}"
        )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def count(url: str) -> Counts:
    """Send every request to the server with this base URL."""
    contract = load_contract()
    with httpx.Client(headers=HEADERS, timeout=SECONDS) as client:

        def send(body: Any) -> httpx.Response:
            return client.post(f"{url}/chat", content=json.dumps(body))

        answers = [(body, send(body)) for body in INVALID]
        rejected = [(body, answer) for body, answer in answers if answer.status_code == 422]
        accepted = [send(body) for body in VALID]
        first = _reply(accepted[0]).get("conversation_id", "")
        again = _reply(send({"message": "a desk", "conversation_id": first}))
        return Counts(
            rejected=len(rejected),
            located=sum(_places(answer) == _faults(contract, body) for body, answer in rejected),
            accepted=sum(answer.status_code == 200 for answer in accepted),
            limited=all(
                len(_reply(send({"message": "a desk", "limit": limit})).get("items", ())) == limit for limit in (1, 2)
            ),
            continued=again.get("conversation_id") == first != _reply(accepted[1]).get("conversation_id"),
        )


def _faults(contract: Contract, body: Any) -> set[tuple[Any, ...]]:
    headers = tuple(HEADERS.items())
    found = classify(contract, Request("POST", "/chat", headers, json.dumps(body).encode()))
    return {("body", *fault.place) for fault in found.hard_faults}


def _places(answer: httpx.Response) -> set[tuple[Any, ...]]:
    try:
        return {tuple(entry["loc"]) for entry in answer.json()["detail"]}
    except (ValueError, KeyError, TypeError):
        return set()


def _reply(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def main(urls: Sequence[str]) -> None:
    """Print a line for each server."""
    for url in urls:
        print(count(url.rstrip("/")).row(url))


if __name__ == "__main__":
    main(sys.argv[1:])
