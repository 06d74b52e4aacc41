"""The mock's work as an ordinary FastAPI application on uvicorn.

It validates, matches scenarios, keeps session state and the last requests, and returns items through a response model.
"""

import sys
from collections import deque
from datetime import datetime
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from mock_server import read_snapshot
from mock_server.shop.replies import ChatTurn
from mock_server.store.sessions import Sessions, SessionState

_KEPT = 1000


class Event(BaseModel):
    """As documented."""

    timestamp: datetime
    type: str
    item_id: str | None = None
    description: str | None = None


class ChatRequest(BaseModel):
    """As documented."""

    message: str
    conversation_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    events: list[Event] | None = None
    limit: int = Field(4, ge=0)


class Item(BaseModel):
    """As documented, with all fields of the catalogue."""

    model_config = ConfigDict(extra="allow")
    item_id: str
    title: str | None = None
    status: str | None = None
    description: str | None = None
    price: str | None = None


class ChatResponse(BaseModel):
    """As documented."""

    conversation_id: str
    message: str
    items: list[Item]


def application() -> FastAPI:
    """Build the application over the mock's own shop and sessions, so that only the frameworks differ."""
    app = FastAPI()
    shop = read_snapshot().shop
    sessions = Sessions()
    kept: deque[tuple[ChatRequest, ChatResponse]] = deque(maxlen=_KEPT)

    @app.post("/v1/chat")
    async def chat(body: ChatRequest) -> ChatResponse:
        conversation_id = body.conversation_id or str(uuid4())
        state = sessions.get(conversation_id) or SessionState()
        reply = shop.reply(ChatTurn(body.message, conversation_id, limit=body.limit), state.position)
        sessions.put(conversation_id, SessionState(reply.position or state.position))
        items = [Item.model_validate(item) for item in reply.items]
        response = ChatResponse(conversation_id=conversation_id, message=reply.message, items=items)
        kept.append((body, response))
        return response

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="critical",
        access_log=False,
    )
