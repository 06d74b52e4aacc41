"""The chat operation of a small shop, as a FastAPI application."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import FastAPI
from pydantic import BaseModel, Field

CATALOGUE = [
    {"item_id": "ST678VG", "title": "Workshop desk", "description": "Solid wood, for heavy tools.", "price": "999.99"},
    {"item_id": "LA001AA", "title": "Desk lamp", "description": "For dark corners.", "price": "39.90"},
]

app = FastAPI(title="Shop")
conversations: set[str] = set()


class Event(BaseModel):
    """What the shopper did."""

    timestamp: datetime
    type: str
    item_id: str | None = None
    description: str | None = None


class ChatRequest(BaseModel):
    """One turn of the shopper."""

    message: str
    conversation_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    events: list[Event] | None = None
    limit: Annotated[int, Field(ge=0)] = 4


class Item(BaseModel):
    """An item of the catalogue."""

    item_id: str
    title: str
    status: str = "active"
    description: str
    price: str


class ChatResponse(BaseModel):
    """One turn of the shop."""

    conversation_id: str
    message: str
    items: list[Item]


@app.post("/v1/chat")
def chat(request: ChatRequest) -> ChatResponse:
    """Continue the conversation, or begin one."""
    conversation_id = request.conversation_id or str(uuid4())
    conversations.add(conversation_id)
    items = [Item(**item) for item in CATALOGUE][: request.limit]
    return ChatResponse(conversation_id=conversation_id, message="Have a look at these.", items=items)
