"""A conversation with the shop, over the client that was generated from the contract."""

from __future__ import annotations

from http import HTTPStatus

from chat_client import Client
from chat_client.api.chat import chat
from chat_client.models import ChatRequest, ChatResponse, HTTPValidationError


class BusyError(Exception):
    """The service asks to wait; ``seconds`` says how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class WrongError(Exception):
    """The service found the request wrong; ``places`` says where."""

    def __init__(self, places: list[str]) -> None:
        super().__init__(", ".join(places))
        self.places = places


class Conversation:
    """Remembers the id that the service gave."""

    def __init__(self, base_url: str) -> None:
        self._client = Client(base_url=base_url)
        self.id: str | None = None

    def ask(self, message: str, **more: object) -> ChatResponse:
        """Take one turn; raises :class:`BusyError` or :class:`WrongError`."""
        said = {"message": message, **({} if self.id is None else {"conversation_id": self.id}), **more}
        answer = chat.sync_detailed(client=self._client, body=ChatRequest.from_dict(said))
        if isinstance(answer.parsed, ChatResponse):
            self.id = answer.parsed.conversation_id
            return answer.parsed
        if isinstance(answer.parsed, HTTPValidationError):
            raise WrongError([".".join(map(str, entry.loc[1:])) for entry in answer.parsed.detail or []])
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise BusyError(float(answer.headers.get("retry-after", 1)))
        raise RuntimeError(f"status {answer.status_code}")
