"""Django Ninja: locations hold the parameter's name, as its own 422s do; malformed JSON is moved from 400 to 422."""

from datetime import datetime
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from testbed.correct_servers.running import run_asgi
from testbed.correct_servers.shop import Shop

urlpatterns: list[Any] = []


def app() -> Any:
    # Ninja reads Django's settings when it is imported.
    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DATA_UPLOAD_MAX_MEMORY_SIZE=8_000_000, USE_I18N=False
    )
    django.setup()
    from ninja import Field, NinjaAPI, Schema
    from ninja.errors import HttpError

    class Event(Schema):
        timestamp: datetime
        type: str
        item_id: str | None = None
        description: str | None = None

    class ChatIn(Schema):
        message: str
        conversation_id: str | None = None
        session_id: str | None = None
        user_id: str | None = None
        events: list[Event] = Field([])
        limit: int = 4

    class ItemOut(Schema):
        item_id: str
        title: str
        status: str
        description: str
        price: str

    class ChatOut(Schema):
        conversation_id: str
        message: str
        items: list[ItemOut]

    api, shop = NinjaAPI(openapi_url=None), Shop()

    @api.exception_handler(HttpError)
    def malformed(request: HttpRequest, error: HttpError) -> HttpResponse:
        if error.status_code != 400:
            return api.create_response(request, {"detail": str(error)}, status=error.status_code)
        detail = [{"loc": ["body"], "msg": str(error), "type": "json_invalid"}]
        return api.create_response(request, {"detail": detail}, status=422)

    @api.post("/chat", response=ChatOut)
    def chat(request: HttpRequest, payload: ChatIn) -> dict[str, Any]:
        return shop.reply(
            payload.message,
            conversation_id=payload.conversation_id,
            limit=payload.limit,
            viewed=[event.item_id for event in payload.events],
        )

    urlpatterns.append(path("v1/", api.urls))
    return get_asgi_application()


if __name__ == "__main__":
    run_asgi(globals())
