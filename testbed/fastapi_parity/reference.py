"""The service written in FastAPI from the documents. The mock's rejections must equal its responses."""

# No postponed annotations: FastAPI cannot resolve names of models that are defined inside a function.

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WrapValidator
from pydantic_core import PydanticKnownError

from chat_contract.formats import is_date_time


def _json_integer(value: Any, handler: Any) -> Any:
    if isinstance(value, bool | str):
        raise PydanticKnownError("int_type")
    return handler(value)


# Uses the core's implementation of RFC 3339, which is independent of the mock's.
def _rfc3339(value: Any, handler: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticKnownError("datetime_type")
    if is_date_time(value):
        return value
    handler(value)
    raise PydanticKnownError("datetime_parsing", {"error": "expected RFC 3339, e.g. 2024-06-14T10:00:00Z"})


LARGEST = 2**31 - 1
JsonInteger = Annotated[int, Field(ge=0, le=LARGEST), WrapValidator(_json_integer)]
Rfc3339 = Annotated[AwareDatetime, WrapValidator(_rfc3339)]


def documented_app(*, extra: str = "ignore") -> FastAPI:
    """Return an application with JSON types as documented: no coercion, 5.0 is an integer, null is invalid."""

    class Event(BaseModel):
        model_config = ConfigDict(extra=extra)
        timestamp: Rfc3339
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
    async def chat(body: ChatRequest) -> dict[str, str]:
        return {"message": body.message}

    return app


def lax_app() -> FastAPI:
    """Return an application in common FastAPI style: optional fields, plain types."""

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
        limit: Annotated[int, Field(ge=0, le=LARGEST)] | None = 4

    app = FastAPI(openapi_url=None)

    @app.post("/v1/chat")
    async def chat(body: ChatRequest) -> dict[str, str]:
        return {"message": body.message}

    return app


class Client:
    """Posts bodies to an application in process."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        """Close the event loop."""
        self._loop.close()

    def post(self, raw: bytes, content_type: str | None) -> tuple[int, str]:
        """Return the status and the text of the response."""
        headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        self._loop.run_until_complete(self._app(_SCOPE | {"headers": headers}, receive, send))
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent).decode()


_SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "POST",
    "scheme": "http",
    "path": "/v1/chat",
    "raw_path": b"/v1/chat",
    "query_string": b"",
    "root_path": "",
    "client": ("127.0.0.1", 1),
    "server": ("127.0.0.1", 80),
}
