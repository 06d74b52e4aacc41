"""FastAPI in many styles, each with its own answers to the open questions of the contract."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from hmac import compare_digest
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag,
    TypeAdapter,
    ValidationError,
)

from testbed.correct_servers.running import run_asgi
from testbed.correct_servers.shop import CATALOGUE, Shop

KEY = "demo-key-0001"


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
    limit: int | None = 4


class Item(BaseModel):
    item_id: str
    title: str
    status: str
    description: str
    price: str


class ChatResponse(BaseModel):
    conversation_id: str
    message: str
    items: list[Item]


def viewed(chat: Any) -> list[str | None]:
    return [event.item_id for event in chat.events or []]


def turn(shop: Shop, chat: Any) -> dict[str, Any]:
    return shop.reply(chat.message, conversation_id=chat.conversation_id, limit=chat.limit, viewed=viewed(chat))


def blame(field: str, message: str, value: Any) -> RequestValidationError:
    """A rule that no type can state, answered as FastAPI answers the others."""
    return RequestValidationError([{"type": "value_error", "loc": ("body", field), "msg": message, "input": value}])


def lax() -> FastAPI:
    """The documents, translated literally."""
    app, shop = FastAPI(), Shop()

    @app.post("/v1/chat")
    def chat(request: ChatRequest) -> ChatResponse:
        return ChatResponse(**turn(shop, request))

    return app


def nonnull() -> FastAPI:
    """Optional means absent, never null."""
    app, shop = FastAPI(), Shop()

    class PlainEvent(BaseModel):
        timestamp: datetime
        type: str
        item_id: str = None
        description: str = None

    class PlainRequest(BaseModel):
        message: str
        conversation_id: str = None
        session_id: str = None
        user_id: str = None
        events: list[PlainEvent] = []
        limit: int = 4

    @app.post("/v1/chat", response_model=ChatResponse)
    async def chat(request: PlainRequest) -> dict[str, Any]:
        return turn(shop, request)

    return app


def strict() -> FastAPI:
    """No coercion in any field; limit counts from zero."""
    app, shop = FastAPI(), Shop()

    class StrictEvent(BaseModel):
        timestamp: datetime
        type: StrictStr
        item_id: StrictStr | None = None
        description: StrictStr | None = None

    class StrictRequest(BaseModel):
        message: StrictStr
        conversation_id: StrictStr | None = None
        session_id: StrictStr | None = None
        user_id: StrictStr | None = None
        events: list[StrictEvent] = Field(default_factory=list)
        limit: Annotated[StrictInt, Field(ge=0)] = 4

    @app.post("/v1/chat")
    def chat(request: StrictRequest) -> ChatResponse:
        return ChatResponse(**turn(shop, request))

    return app


def forbid() -> FastAPI:
    """As narrow as a correct implementation can be: only must-accept requests, and those with unknown ids."""
    app, shop = FastAPI(), Shop()
    identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    text = r"^[^\x00-\x1f\x7f-\x9f]*$"

    class TightEvent(BaseModel):
        model_config = ConfigDict(extra="forbid")
        timestamp: AwareDatetime
        type: str = Field(min_length=1, max_length=100, pattern=text)
        item_id: identifier = None
        description: str = Field(None, min_length=1, max_length=100, pattern=text)

    class TightRequest(BaseModel):
        model_config = ConfigDict(extra="forbid")
        message: str = Field(min_length=1, max_length=1000, pattern=text)
        conversation_id: identifier = None
        session_id: identifier = None
        user_id: identifier = None
        events: list[TightEvent] = Field(default=[], max_length=20)
        limit: Annotated[StrictInt, Field(ge=1, le=10)] = 4

    @app.exception_handler(RequestValidationError)
    def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": [{key: e[key] for key in ("loc", "msg", "type")} for e in error.errors()]}, 422)

    @app.post("/v1/chat")
    def chat(request: TightRequest) -> ChatResponse:
        return ChatResponse(**turn(shop, request))

    return app


def text_timestamps() -> FastAPI:
    """Timestamps are stored, not understood: any string will do."""
    app, shop = FastAPI(), Shop()

    class LoggedEvent(Event):
        timestamp: str

    class LoggedRequest(ChatRequest):
        events: list[LoggedEvent] | None = None
        limit: int | None = Field(4, ge=0, le=100)

    @app.post("/v1/chat")
    def chat(request: LoggedRequest) -> ChatResponse:
        return ChatResponse(**turn(shop, request))

    return app


def union() -> FastAPI:
    """One model for each kind of event, told apart by a tag; a timestamp is a date or a number. Locations hold tags."""
    app, shop = FastAPI(), Shop()

    class AnyEvent(BaseModel):
        timestamp: datetime | StrictFloat
        type: str
        item_id: str | None = None
        description: str | None = None

    class Click(AnyEvent):
        type: str = "click"

    class Purchase(AnyEvent):
        quantity: Any = 1

    def kind(value: Any) -> str:
        name = value.get("type") if isinstance(value, dict) else None
        return name if isinstance(name, str) and name in {"click", "purchase"} else "other"

    events = TypeAdapter(
        list[
            Annotated[
                Annotated[Click, Tag("click")]
                | Annotated[Purchase, Tag("purchase")]
                | Annotated[AnyEvent, Tag("other")],
                Discriminator(kind),
            ]
        ]
    )

    class TaggedRequest(BaseModel):
        message: str
        conversation_id: str | None = None
        session_id: str | None = None
        user_id: str | None = None
        events: Any = None
        limit: int = 4

    @app.post("/v1/chat")
    def chat(request: TaggedRequest) -> ChatResponse:
        if request.events is not None:
            try:
                request.events = events.validate_python(request.events)
            except ValidationError as error:
                faults = [{**fault, "loc": ("body", "events", *fault["loc"])} for fault in error.errors()]
                raise RequestValidationError(faults) from error
        return ChatResponse(**turn(shop, request))

    return app


def raw() -> FastAPI:
    """Reads the bytes itself and lets pydantic parse them, whatever the media type says."""
    app, shop = FastAPI(), Shop()

    @app.post("/v1/chat")
    async def chat(request: Request) -> Response:
        try:
            parsed = ChatRequest.model_validate_json(await request.body())
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            return JSONResponse({"detail": [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]}, 422)
        return JSONResponse(turn(shop, parsed))

    return app


def named() -> FastAPI:
    """Names the parameter between "body" and the field, as FastAPI itself does with embedded bodies."""
    app, shop = FastAPI(), Shop()

    @app.exception_handler(RequestValidationError)
    def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            {"loc": ["body", "chat_request", *fault["loc"][1:]], "msg": fault["msg"], "type": fault["type"]}
            for fault in error.errors()
        ]
        return JSONResponse({"detail": faults}, 422, media_type="application/json; charset=utf-8")

    @app.post("/v1/chat")
    def chat(chat_request: ChatRequest) -> ChatResponse:
        return ChatResponse(**turn(shop, chat_request))

    return app


def streaming() -> FastAPI:
    """Sends its reply in chunks as it is made, without Content-Length."""
    app, shop = FastAPI(), Shop()

    async def pieces(reply: dict[str, Any]) -> AsyncIterator[str]:
        text = json.dumps(reply, ensure_ascii=False)
        for start in range(0, len(text), 100):
            yield text[start : start + 100]
            await asyncio.sleep(0)

    @app.post("/v1/chat")
    async def chat(request: ChatRequest) -> StreamingResponse:
        return StreamingResponse(pieces(turn(shop, request)), media_type="application/json")

    return app


def slow() -> FastAPI:
    """Waits for 50 to 200 ms before each reply."""
    app, shop = FastAPI(), Shop()
    dice = random.Random()

    @app.post("/v1/chat")
    async def chat(request: ChatRequest) -> ChatResponse:
        await asyncio.sleep(min(max(dice.lognormvariate(-2.4, 0.35), 0.05), 0.2))
        return ChatResponse(**turn(shop, request))

    return app


def limited() -> FastAPI:
    """Eight requests a second, then 429 with Retry-After."""
    app = lax()
    recent: list[float] = []

    @app.middleware("http")
    async def throttle(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        now = time.monotonic()
        recent[:] = [moment for moment in recent if now - moment < 1]
        if len(recent) >= 8:
            return JSONResponse({"detail": "Too many requests"}, 429, {"Retry-After": "1"})
        recent.append(now)
        return await call_next(request)

    return app


def keyed() -> FastAPI:
    """Demands a key, as a bearer token or in X-API-Key."""

    def authorize(request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")
        if not compare_digest(given.encode(), KEY.encode()):
            raise HTTPException(401, "Invalid or missing API key", {"WWW-Authenticate": "Bearer"})

    app, shop = FastAPI(), Shop()
    router = APIRouter(prefix="/v1", dependencies=[Depends(authorize)])

    @router.post("/chat")
    def chat(request: ChatRequest) -> ChatResponse:
        return ChatResponse(**turn(shop, request))

    app.include_router(router)
    return app


def fresh_ids() -> FastAPI:
    """An id that it did not issue begins a new conversation, under a new id."""
    app, shop = FastAPI(), Shop()

    @app.post("/v1/chat")
    def chat(request: ChatRequest) -> ChatResponse:
        if request.conversation_id is not None and not shop.knows(request.conversation_id):
            request.conversation_id = str(uuid4())
        return ChatResponse(**turn(shop, request))

    return app


def known_ids() -> FastAPI:
    """An id that it did not issue is refused."""
    app, shop = FastAPI(), Shop()

    @app.post("/v1/chat")
    def chat(request: ChatRequest) -> ChatResponse:
        if request.conversation_id is not None and not shop.knows(request.conversation_id):
            raise blame("conversation_id", "Unknown conversation", request.conversation_id)
        return ChatResponse(**turn(shop, request))

    return app


def one_shopper() -> FastAPI:
    """A conversation belongs to the first user_id named in it; another one is refused."""
    app, shop = FastAPI(), Shop()
    owners: dict[str, str] = {}

    @app.post("/v1/chat")
    def chat(request: ChatRequest) -> ChatResponse:
        owner = owners.get(request.conversation_id or "")
        if owner is not None and request.user_id is not None and request.user_id != owner:
            raise blame("user_id", "This conversation belongs to another user", request.user_id)
        reply = turn(shop, request)
        if request.user_id is not None:
            owners.setdefault(reply["conversation_id"], request.user_id)
        return ChatResponse(**reply)

    return app


def varied() -> FastAPI:
    """Replies as a language model does: never twice the same words, nor the same number of items."""
    app, shop = FastAPI(), Shop()
    dice = random.Random()
    openings = ["Sure!", "Great question.", "Bien sûr !", "Let me think… 🤔", "Of course —", "もちろん。"]
    middles = [
        "Have a look at these:",
        "**My picks**\n\n- see below",
        'Many shoppers say "wow" to',
        "Something like this?",
    ]

    @app.post("/v1/chat")
    async def chat(request: ChatRequest) -> JSONResponse:
        reply = turn(shop, request)
        limit = 4 if request.limit is None else min(max(request.limit, 0), len(CATALOGUE))
        items = dice.sample(CATALOGUE, dice.randint(0, limit))
        reply["items"] = [item | {"score": round(dice.random(), 3), "metadata": ["model", "v2"]} for item in items]
        reply["message"] = f"{dice.choice(openings)} {dice.choice(middles)} ({dice.randint(1, 99)})"
        return JSONResponse(reply | {"usage": {"tokens": dice.randint(20, 400)}, "suggestions": ["a lamp", "a bag"]})

    return app


def gzipped() -> FastAPI:
    """Compresses its replies for clients that can read them."""
    app = lax()
    app.add_middleware(GZipMiddleware, minimum_size=200)
    return app


def bad_request() -> FastAPI:
    """Malformed JSON gets 400 with one sentence; a body of the wrong shape gets 422."""
    app, shop = FastAPI(), Shop()

    @app.exception_handler(RequestValidationError)
    def refuse(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        if any(fault["type"] == "json_invalid" for fault in faults):
            return JSONResponse({"detail": "Malformed JSON"}, 400)
        return JSONResponse({"detail": [{key: fault[key] for key in ("loc", "msg", "type")} for fault in faults]}, 422)

    @app.post("/v1/chat")
    def chat(request: ChatRequest) -> ChatResponse:
        return ChatResponse(**turn(shop, request))

    return app


if __name__ == "__main__":
    run_asgi(globals())
