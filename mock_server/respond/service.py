"""The one decision: from the raw parts of a request to the raw parts of its answer.

Knows no web framework and no server; whatever door a request came through, this decides.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

from pydantic_core import to_json

from mock_server.http.cors import headers_for
from mock_server.http.messages import Answer, Call, encode, problem
from mock_server.loading.snapshot import State
from mock_server.loading.status import Freshness
from mock_server.overrides.forced import broken, for_a_bad_request, forced, made_up
from mock_server.overrides.prefer import applied, read_preferences
from mock_server.overrides.rules import AS_USUAL, Behaviour, BehaviourError, Behaviours, Rule, check_still_known
from mock_server.respond.auth import RateLimit, carries_key
from mock_server.respond.journal import Entry, Journal, kept
from mock_server.respond.relay import Relay
from mock_server.respond.sessions import Key, Memory, Standing, short
from mock_server.shop.replies import Ask, Reply
from mock_server.shop.scenarios import Place
from mock_server.validation.fastapi_errors import Detail, blamed, no_json
from mock_server.validation.parsing import media_answer, read_json, understand

_NO_KEY = b'{"detail":"Not authenticated"}'
_TOO_MANY = b'{"detail":"Too Many Requests"}'
_NO_CONVERSATION = b'{"detail":"There is no such conversation"}'
_SEARCHED = "a search of the catalogue"
_IDENTITY = frozenset({"", "identity"})


@dataclass(slots=True)
class _Turn:
    """What is found out about one request on the way, for the journal."""

    message: str | None = None
    conversation_id: str | None = None
    user_id: str | None = None
    known: bool = False
    standing: Place | None = None
    place: Place | None = None
    refused: bool = False


class ChatService:
    """Answers turns. Safe to use from many threads at once."""

    def __init__(
        self,
        state: State,
        *,
        relay: Relay | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        options = state.blueprint.options
        self.state = state
        """What answers are made from; put another one here, and the next request is answered from it."""
        self.freshness = Freshness(now())
        """Whether that is what the files say."""
        self.memory = Memory(options.max_conversations)
        self.journal = Journal(options.max_requests_kept)
        always = [*options.fault_rates, *([Rule(Behaviour(delay=options.delay))] if options.delay else [])]
        self.behaviours = Behaviours(always, options.seed)
        self._options = options
        self._rate_limit = None if options.rate_limit is None else RateLimit(options.rate_limit, clock)
        self._now = now
        self._new_id = conversation_ids(options.seed)
        self.relay = relay
        """Who answers what no conversation covers, if anybody but the catalogue does; waiting for it takes a while."""

    def reset(self) -> None:
        """Begin anew: no conversation, no request, no behaviour but those of the command line, the same chances."""
        self.memory.clear()
        self.journal.clear()
        self.behaviours.clear()
        if self._rate_limit is not None:
            self._rate_limit.reset()
        self._new_id = conversation_ids(self._options.seed)
        if self.relay is not None:
            self.relay.clear()

    def answer(self, call: Call) -> Answer:
        """Return the answer to a request to the operation, and note both in the journal."""
        state, turn = self.state, _Turn()
        answer = self._decide(state, call, turn)
        origin = call.headers.get("origin")
        if origin is not None:
            answer = answer.with_headers(*headers_for(origin, self._options.cors_origins))
        self._note(state, call, turn, answer)
        return answer

    def note_elsewhere(self, method: str, path: str, headers: Mapping[str, str], answer: Answer) -> None:
        """Note a request to something that is not the operation."""
        self.journal.note(Entry(0, self._now(), method, path, headers, b"", answer, self.state))

    def _note(self, state: State, call: Call, turn: _Turn, answer: Answer) -> None:
        body, cut = kept(call.body)
        answer_body, answer_cut = kept(answer.body)
        if answer_cut:
            answer = replace(answer, body=answer_body)
        blueprint = state.blueprint
        self.journal.note(
            Entry(
                number=0,
                at=self._now(),
                method=blueprint.method,
                path=blueprint.route,
                headers=call.headers,
                body=body,
                answer=answer,
                state=state,
                message=turn.message,
                conversation_id=turn.conversation_id,
                user_id=turn.user_id,
                known=turn.known,
                standing=turn.standing,
                place=turn.place,
                cut=cut or call.too_large,
                answer_cut=answer_cut,
            )
        )

    # What comes before the request is looked at ---------------------------------------------------------------------

    def _decide(self, state: State, call: Call, turn: _Turn) -> Answer:
        refusal = self._kept_out(call)
        if refusal is not None:
            return refusal
        try:
            asked = read_preferences(call.headers.get("prefer"), state)
        except BehaviourError as error:
            return bad_behaviour(error, "Prefer asks for what there is not")
        behaviour = self._behaviour(asked, call)
        try:
            check_still_known(behaviour, state)
        except BehaviourError as error:
            return bad_behaviour(error, "A behaviour that was set asks for what is gone since")
        answer = self._chosen(state, call, turn, behaviour) if behaviour is not AS_USUAL else None
        answer = self._usual(state, call, turn, behaviour) if answer is None else answer
        if behaviour is AS_USUAL:
            return answer
        if behaviour.fault is not None:
            answer = broken(answer, behaviour.fault)
        if behaviour.delay is not None:
            answer = replace(answer, delay=self.behaviours.sample(behaviour.delay))
        told = applied(asked.without_answer() if turn.refused else asked)
        return answer.with_headers(("Preference-Applied", told)) if told else answer

    def _kept_out(self, call: Call) -> Answer | None:
        key = self._options.require_key
        if key is not None and not carries_key(call.headers, key):
            return Answer(401, _NO_KEY, (("WWW-Authenticate", "Bearer"),), because="--require-key")
        if self._rate_limit is not None:
            seconds = self._rate_limit.seconds_to_wait()
            if seconds:
                return Answer(429, _TOO_MANY, (("Retry-After", str(seconds)),), because="--rate-limit")
        return None

    def _behaviour(self, asked: Behaviour, call: Call) -> Behaviour:
        if not self.behaviours.about_someone:
            return self.behaviours.next(asked)
        value, _ = read_json(call.body)
        body = value if isinstance(value, dict) else {}
        return self.behaviours.next(asked, body.get("conversation_id"), body.get("user_id"))

    def _chosen(self, state: State, call: Call, turn: _Turn, behaviour: Behaviour) -> Answer | None:
        """Return an answer for which it does not matter what was asked, if that is what is wanted."""
        if not behaviour.chooses_the_answer:
            return None
        answer = forced(state, behaviour, self.behaviours.chance)
        if answer is not None:
            value, _ = read_json(call.body)
            ask = Ask.from_body(value if isinstance(value, dict) else {})
            turn.message, turn.conversation_id, turn.user_id = ask.message, ask.conversation_id, ask.user_id
        return answer

    # The request itself ---------------------------------------------------------------------------------------------

    def _usual(self, state: State, call: Call, turn: _Turn, behaviour: Behaviour) -> Answer:
        encoding = call.headers.get("content-encoding", "").strip().lower()
        if encoding not in _IDENTITY:
            said = f"A body with Content-Encoding {encoding} cannot be read; send it as it is."
            return Answer(415, encode({"detail": said}), (("Accept-Encoding", "identity"),), because="the encoding")
        if call.too_large:
            said = f"The body is larger than {self._options.max_body} bytes."
            return Answer(413, encode({"detail": said}), because="--max-body")
        if call.cut_short:
            return _refused(no_json("The body ended before its announced length", len(call.body)))
        media = media_answer(state.blueprint.latitude, call.headers.get("content-type"))
        if media == "unsupported":
            return Answer(415, encode({"detail": "Unsupported Media Type"}), because="the latitude: media type")
        body, detail = understand(state.refuser, call.body, as_json=media == "accepted")
        if detail:
            instead = for_a_bad_request(state, behaviour)
            turn.refused = instead is None
            return instead or _refused(detail)
        return self._converse(state, call, Ask.from_body(body), turn, behaviour)

    def _converse(self, state: State, call: Call, ask: Ask, turn: _Turn, behaviour: Behaviour) -> Answer:
        latitude = state.blueprint.latitude
        turn.message, turn.conversation_id, turn.user_id = ask.message, ask.conversation_id, ask.user_id
        standing = None if ask.conversation_id is None else self.memory.standing(ask.conversation_id)
        turn.known = standing is not None
        conversation_id = ask.conversation_id
        if conversation_id is not None and standing is None and latitude.unissued != "continued":
            if latitude.unissued == "not-found":
                return Answer(404, _NO_CONVERSATION, because="the latitude: conversation-id-unknown")
            if latitude.unissued == "refused":
                return _refused(blamed("conversation_id", conversation_id, "there is no such conversation"))
            conversation_id = None
        user = None if ask.user_id is None else short(ask.user_id)
        if standing is None:
            standing = Standing(None, user)
        elif user is not None and standing.user not in (None, user) and not latitude.other_user:
            return _refused(blamed("user_id", ask.user_id, "this conversation is another user's"))
        turn.standing = standing.place
        reply, because = self._reply(state, ask, standing.place, behaviour)
        if self.relay is not None and because == _SEARCHED:
            return self._relayed(self.relay, call, turn, standing, user)
        turn.place = reply.place
        turn.conversation_id = conversation_id or self._fresh_id()
        self.memory.remember(turn.conversation_id, Standing(reply.place or standing.place, standing.user or user))
        body = {"conversation_id": turn.conversation_id, "message": reply.message, "items": reply.items}
        if behaviour.reply is not None:
            body |= behaviour.reply
        return Answer(200, to_json(body), because=because)

    def _relayed(self, relay: Relay, call: Call, turn: _Turn, standing: Standing, user: Key | None) -> Answer:
        """Let the real service answer what no conversation covers."""
        value, _ = read_json(call.body)
        relayed = relay.ask(call.headers, value, turn.conversation_id, begun_here=turn.known)
        turn.conversation_id = relayed.conversation_id
        if relayed.answer.status == 200 and relayed.conversation_id is not None:
            self.memory.remember(relayed.conversation_id, Standing(standing.place, standing.user or user))
        return relayed.answer

    def _reply(self, state: State, ask: Ask, standing: Place | None, behaviour: Behaviour) -> tuple[Reply, str]:
        if behaviour is AS_USUAL or not behaviour.chooses_the_answer:
            reply = state.shop.reply(ask, standing)
            return reply, _SEARCHED if reply.place is None else "a conversation"
        if behaviour.conversation is not None:
            place = state.shop.script.following(behaviour.conversation, standing)
            return state.shop.said_at(place, ask), f"conversation={behaviour.conversation}"
        if behaviour.reply is not None:
            return Reply("", [], None), "a reply that was set"
        shown = made_up(state, behaviour, self.behaviours.chance)
        if shown is None:
            reply = state.shop.reply(ask, standing)
            return reply, _SEARCHED if reply.place is None else "a conversation"
        value = json.loads(shown.body)
        items = list({item["item_id"]: item for item in value["items"]}.values())
        return Reply(value["message"], items[: state.shop.limit_of(ask)], None), shown.because

    def _fresh_id(self) -> str:
        while (conversation_id := self._new_id()) in self.memory:
            pass
        return conversation_id


def bad_behaviour(error: BehaviourError, title: str) -> Answer:
    """Return the refusal of something that cannot be done, with what could."""
    detail = f"{error}; there is: {', '.join(error.known)}" if error.known else str(error)
    return problem(400, title, detail, name=error.name, value=error.value, known=error.known)


def _refused(detail: Detail) -> Answer:
    return Answer(422, encode({"detail": detail}), because="the request breaks the contract")


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
