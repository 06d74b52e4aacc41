"""Servers that require a key but accept requests without it, or reject them incorrectly."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .base import KEY, Turn
from .correct import KEYED
from .fault import Group, When
from .wire import TEXT, Answer
from .witness import Witness, say

credentials = Group("credentials", KEYED)


def token(turn: Turn) -> str:
    scheme, _, given = turn.request.header("Authorization").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


def with_headers(status: int, **headers: str) -> Witness:
    """Return a witness that sends these headers instead of the key; underscores stand for hyphens."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda client: client.send(say(), sent, key=False).status == status


def opens(name: str, about: str, when: When, **headers: str) -> None:
    """Add a fault: the server accepts more than the key."""
    credentials(
        name, about, with_headers(200, **headers), authorize=lambda usual, turn: None if when(turn) else usual(turn)
    )


def closes(name: str, about: str, answer: Answer, when: When, **headers: str) -> None:
    """Add a fault: the server rejects the request with another response than 401."""
    credentials(
        name,
        about,
        with_headers(answer.status, **headers),
        authorize=lambda usual, turn: Answer(**vars(answer)) if (refused := usual(turn)) and when(turn) else refused,
    )


def has_key(turn: Turn) -> bool:
    return bool(turn.request.header("Authorization") or turn.request.header("X-API-Key"))


WRONG = f"Bearer {KEY[:-1]}x"
opens("no-key-needed", "A request without a key is accepted.", lambda turn: not has_key(turn))
opens("any-key-opens", "Any key is accepted.", token, Authorization=WRONG)
opens("any-header-opens", "Any Authorization header is accepted.", has_key, Authorization="Basic dXNlcjpwYXNz")
opens(
    "wrong-scheme-opens",
    "The scheme is not checked.",
    lambda turn: turn.request.header("Authorization").endswith(f" {KEY}"),
    Authorization=f"Basic {KEY}",
)
opens(
    "key-without-scheme-opens",
    "The key without a scheme is accepted.",
    lambda turn: turn.request.header("Authorization") == KEY,
    Authorization=KEY,
)
opens(
    "undefined-opens",
    'The key "undefined" is accepted, which a client without a key sends.',
    lambda turn: token(turn) == "undefined",
    Authorization="Bearer undefined",
)
opens(
    "bare-bearer-opens",
    "An empty token is a prefix of every key.",
    lambda turn: turn.request.header("Authorization").strip() == "Bearer",
    Authorization="Bearer",
)
opens(
    "key-prefix-opens",
    "key.startswith(token) is the check.",
    lambda turn: token(turn) and KEY.startswith(token(turn)),
    Authorization=f"Bearer {KEY[:8]}",
)
opens(
    "key-with-a-tail-opens",
    "token.startswith(key) is the check.",
    lambda turn: token(turn).startswith(KEY),
    Authorization=f"Bearer {KEY}x",
)
opens(
    "key-in-any-case-opens",
    "Keys are compared in lower case.",
    lambda turn: token(turn).lower() == KEY.lower(),
    Authorization=f"Bearer {KEY.lower()}",
)
opens(
    "key-length-opens",
    "Only the length of a key is checked.",
    lambda turn: len(token(turn)) == len(KEY),
    Authorization=WRONG,
)
opens(
    "key-kind-opens",
    "Only the beginning of a key is checked.",
    lambda turn: token(turn).startswith(KEY[:8]),
    Authorization=WRONG,
)
opens(
    "empty-api-key-opens",
    "An empty X-API-Key equals the unset setting.",
    lambda turn: "x-api-key" in turn.request.headers and not turn.request.header("X-API-Key"),
    X_API_Key=" ",
)
opens(
    "any-api-key-opens",
    "X-API-Key is not compared, only Authorization is.",
    lambda turn: turn.request.header("X-API-Key"),
    X_API_Key="wrong",
)
opens(
    "loopback-forwarded-opens",
    "X-Forwarded-For: 127.0.0.1 is trusted.",
    lambda turn: turn.request.header("X-Forwarded-For") in ("127.0.0.1", "::1", "localhost"),
    X_Forwarded_For="127.0.0.1",
)
opens(
    "real-ip-opens",
    "X-Real-IP: 127.0.0.1 is trusted.",
    lambda turn: turn.request.header("X-Real-IP") == "127.0.0.1",
    X_Real_IP="127.0.0.1",
)
opens(
    "forwarded-opens",
    "Forwarded: for=127.0.0.1 is trusted.",
    lambda turn: "127.0.0.1" in turn.request.header("Forwarded"),
    Forwarded="for=127.0.0.1",
)
opens(
    "ipv6-loopback-opens",
    "X-Client-IP: ::1 is trusted.",
    lambda turn: turn.request.header("X-Client-IP") == "::1",
    X_Client_IP="::1",
)
opens(
    "last-hop-opens",
    "A loopback address at the end of X-Forwarded-For is trusted.",
    lambda turn: turn.request.header("X-Forwarded-For").endswith(", 127.0.0.1"),
    X_Forwarded_For="203.0.113.7, 127.0.0.1",
)
opens(
    "local-origin-opens",
    "Requests of pages on localhost need no key.",
    lambda turn: turn.request.header("Origin") == "http://localhost",
    Origin="http://localhost",
)
opens(
    "proxy-user-opens",
    "X-Forwarded-User is trusted, whoever sends it.",
    lambda turn: turn.request.header("X-Forwarded-User"),
    X_Forwarded_User="admin",
)
credentials(
    "session-opens",
    "A request with a session_id needs no key.",
    lambda client: client.send(say(session_id="s-1"), key=False).status == 200,
    authorize=lambda usual, turn: None if b'"session_id"' in turn.raw else usual(turn),
)
credentials(
    "issued-id-opens",
    "A request with a known conversation_id needs no key.",
    lambda client: client.send(say(conversation_id=client.send(say()).id), key=False).status == 200,
    authorize=lambda usual, turn: None if continued(turn) else usual(turn),
)


def continued(turn: Turn) -> bool:
    try:
        return json.loads(turn.raw)["conversation_id"] in turn.app.conversations
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


FORBIDDEN = Answer(403, b'{"detail":"Not authenticated"}')
closes(
    "no-key-is-403",
    "No key gets 403, as in older versions of FastAPI's HTTPBearer.",
    FORBIDDEN,
    lambda turn: not has_key(turn),
)
closes("wrong-key-is-403", "A wrong key gets 403.", FORBIDDEN, token, Authorization=WRONG)
closes(
    "malformed-is-403",
    "Another scheme gets 403.",
    FORBIDDEN,
    lambda turn: has_key(turn) and not token(turn),
    Authorization="Basic dXNlcjpwYXNz",
)
closes(
    "no-key-is-422",
    "The missing header is a validation error.",
    Answer(422, b'{"detail":[{"type":"missing","loc":["header","authorization"],"msg":"Field required"}]}'),
    lambda turn: not has_key(turn),
)
closes("wrong-key-is-400", "A wrong key gets 400.", Answer(400, b'{"detail":"Bad key"}'), token, Authorization=WRONG)
closes(
    "no-key-is-a-redirect",
    "A request without a key is redirected to the login page.",
    Answer(302, b"", {"Location": "/login"}),
    lambda turn: not has_key(turn),
)
closes(
    "refusal-in-200",
    "A wrong key gets an error with status 200.",
    Answer(200, b'{"error":"unauthorized"}'),
    token,
    Authorization=WRONG,
)
closes(
    "bearer-alone-crashes",
    "Splitting the header finds no second part.",
    Answer(500, b"Internal Server Error", TEXT),
    lambda turn: turn.request.header("Authorization") and " " not in turn.request.header("Authorization").strip(),
    Authorization="Bearer",
)
closes(
    "no-key-crashes",
    "None has no startswith.",
    Answer(500, b"Internal Server Error", TEXT),
    lambda turn: "authorization" not in turn.request.headers and not has_key(turn),
)


def leaks(make: Callable[[Any, Turn], bytes]) -> Any:
    def hook(usual: Any, turn: Turn) -> Answer:
        answer: Answer = usual(turn)
        if answer.status == 401:
            answer.body = make(usual, turn)
        return answer

    return hook


def whole_reply(usual: Any, turn: Turn) -> bytes:
    request = turn.request
    opened = type(request)(request.method, request.target, {**request.headers, "x-api-key": KEY}, request.body)
    return turn.app(opened).body


credentials(
    "answer-in-401",
    "The status is 401, the body is the whole reply.",
    lambda client: b"item" in client.send(say(), key=False).body,
    respond=leaks(whole_reply),
)
credentials(
    "items-in-401",
    "The 401 shows a few items as a teaser.",
    lambda client: b"items" in client.send(say(), key=False).body,
    respond=leaks(lambda usual, turn: b'{"detail":"Not authenticated","items":[{"item_id":"ST678VG","title":"Desk"}]}'),
)
