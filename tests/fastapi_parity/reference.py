"""The service as someone would write it in FastAPI from the documents: what the mock's refusals must equal."""

# No postponed annotations here: FastAPI could not look up models that are born inside a function.

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticKnownError


def _json_integer(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    return value


def _written(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticKnownError("datetime_type")
    return value


JsonInteger = Annotated[int, Field(ge=0), BeforeValidator(_json_integer)]
Written = Annotated[AwareDatetime, BeforeValidator(_written)]


def documented_app(*, extra: str = "ignore") -> FastAPI:
    """JSON types as documented: strings stay strings, 5.0 is an integer, null stands for nothing."""

    class Event(BaseModel):
        model_config = ConfigDict(extra=extra)
        timestamp: Written
        type: str
        item_id: str = None
        description: str = None

    class ChatRequest(BaseModel):
        model_config = ConfigDict(extra=extra)
        message: str
        conversation_id: str = None
        session_id: str = None
        user_id: str = None
        events: list[Event] = []
        limit: JsonInteger = 4

    app = FastAPI(openapi_url=None)

    @app.post("/v1/chat")
    def chat(body: ChatRequest) -> dict[str, str]:
        return {"message": body.message}

    return app


def lax_app() -> FastAPI:
    """FastAPI as people mostly write it: Optional fields, plain types."""

    class Event(BaseModel):
        timestamp: datetime
        type: str
        item_id: str | None = None
        description: str | None = None

    class ChatRequest(BaseModel):
        message: str
        conversation_id: str | None = None
        session_id: str | None = None
        user_id: str | None = None
        events: list[Event] | None = None
        limit: Annotated[int, Field(ge=0)] | None = 4

    app = FastAPI(openapi_url=None)

    @app.post("/v1/chat")
    def chat(body: ChatRequest) -> dict[str, str]:
        return {"message": body.message}

    return app


def ask(app: FastAPI, raw: bytes, content_type: str | None) -> tuple[int, str]:
    """Post a body to the application, without a socket between; returns status and text."""
    headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/chat",
        "raw_path": b"/v1/chat",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with asyncio.Runner() as runner:
        runner.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode()
