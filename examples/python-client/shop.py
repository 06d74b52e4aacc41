"""A conversation with the shop, built on the client that is generated from the contract."""

from __future__ import annotations

from http import HTTPStatus

from chat_client import Client
from chat_client.api.chat import chat
from chat_client.models import ChatRequest, ChatResponse, HTTPValidationError


class BusyError(Exception):
    """The service returned 429; ``seconds`` is the time to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class InvalidRequestError(Exception):
    """The service returned 422; ``places`` lists the fields that it names."""

    def __init__(self, places: list[str]) -> None:
        super().__init__(", ".join(places))
        self.places = places


class Conversation:
    """One conversation; it keeps the conversation id that the service returned."""

    def __init__(self, base_url: str) -> None:
        self._client = Client(base_url=base_url)
        self.id: str | None = None

    def ask(self, message: str, **fields: object) -> ChatResponse:
        """Send one turn and return the reply.

        Raises :class:`BusyError` after a 429 and :class:`InvalidRequestError` after a 422.
        """
        body = {"message": message, **({} if self.id is None else {"conversation_id": self.id}), **fields}
        response = chat.sync_detailed(client=self._client, body=ChatRequest.from_dict(body))
        if isinstance(response.parsed, ChatResponse):
            self.id = response.parsed.conversation_id
            return response.parsed
        if isinstance(response.parsed, HTTPValidationError):
            raise InvalidRequestError([".".join(map(str, entry.loc[1:])) for entry in response.parsed.detail or []])
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise BusyError(float(response.headers.get("retry-after", 1)))
        raise RuntimeError(f"status {response.status_code}")
