"""The one decision: from the raw parts of a request to the raw parts of its answer.

Knows no web framework; whatever door a request came through, this decides.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from chat_contract import read_body
from mock_server.blueprint import Blueprint
from mock_server.catalogue import Catalogue
from mock_server.conversations import Script
from mock_server.memory import Memory
from mock_server.refusals import DOCUMENTED, Detail, Profile, Refuser, missing_body, no_json
from mock_server.replies import Ask, Shop


@dataclass(frozen=True)
class Answer:
    """What goes back; the body is JSON in UTF-8."""

    status: int
    body: bytes


class ChatService:
    """Answers turns. Safe to use from many threads at once."""

    def __init__(self, blueprint: Blueprint, *, profile: Profile = DOCUMENTED) -> None:
        self._refuser = Refuser(blueprint.request_schema, profile)
        self._shop = Shop(
            catalogue=Catalogue(blueprint.fixtures.items),
            script=Script(blueprint.fixtures.conversations),
            memory=Memory(),
            new_id=conversation_ids(blueprint.seed),
            default_limit=blueprint.default_limit,
        )

    def answer(self, content_type: str | None, raw: bytes) -> Answer:
        """Return 200 and the reply, or 422 and every fault; decides nothing else."""
        body, detail = self._read(content_type, raw)
        if detail:
            return Answer(422, encode({"detail": detail}))
        return Answer(200, encode(self._shop.reply(Ask.from_body(body))))

    def cut_short(self, got: int) -> Answer:
        """Return the refusal of a body of which only ``got`` bytes came."""
        return Answer(422, encode({"detail": no_json("The body ended before its announced length", got)}))

    def _read(self, content_type: str | None, raw: bytes) -> tuple[Mapping[str, Any], Detail]:
        """Return the body as understood, and what is wrong with it, in FastAPI's order of asking."""
        if not raw:
            return {}, missing_body()
        if not is_json(content_type):
            # FastAPI hands such a body on as it came, and its validator finds a string where an object should be.
            return self._refuser.read(raw.decode("utf-8", "replace"))
        body = read_body(raw)
        if body.fault is not None:
            return {}, no_json(body.fault.message, body.fault.offset)
        return self._refuser.read(body.value)


def is_json(content_type: str | None) -> bool:
    """Tell whether FastAPI takes the media type for JSON: application/json or application/*+json, in any case."""
    if content_type is None:
        return False
    main, slash, sub = content_type.partition(";")[0].strip().lower().partition("/")
    return slash == "/" and main == "application" and "/" not in sub and (sub == "json" or sub.endswith("+json"))


def encode(value: Any) -> bytes:
    """Write JSON as FastAPI does: compact, UTF-8. What UTF-8 cannot say (a lone surrogate) is escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()


def conversation_ids(seed: int | None) -> Callable[[], str]:
    """Return what makes new conversation ids (UUID 4): the same ones in the same order if there is a seed."""
    if seed is None:
        return lambda: str(uuid.uuid4())
    source = random.Random(seed)  # noqa: S311 - repeatable is the point; nothing here is secret
    lock = Lock()

    def repeatable() -> str:
        with lock:
            return str(uuid.UUID(int=source.getrandbits(128), version=4))

    return repeatable
