"""Faults drawn at random, each of which shows only where two conditions meet.

A draw takes an effect and two conditions on a request that should be accepted, or a wrong value and one condition.
It counts if a witness shows a violation: the scene of the draw, sent to the server and judged by the oracle.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from random import Random
from typing import Any

from chat_contract import load_contract
from chat_contract.classification import RequestClass, classify
from chat_contract.conformance import Violation, examine, find_violations, update_history
from chat_contract.contract import Contract
from chat_contract.exchange import Breakdown, Exchange, Request, Response
from chat_contract.history import History
from chat_contract.rules.exchange_facts import ExchangeFacts

from .base import Hook, Problem, Turn, faults_of
from .conditions import CONDITIONS, POSITIONS, Condition, Scene, drawn
from .effects import ACCEPTING, WRONG, Effect, Wrong, rejecting
from .fault import MUST, SHOULD, Fault, serve
from .wire import JSON
from .witness import Client, Reply, client_for, say

REJECTED_SHARE = 0.35
"""The share of draws whose request must be rejected."""
ROUNDS = 2
"""How often a witness plays its conversation; two new conversations show ids that are alike."""


@cache
def contract() -> Contract:
    return load_contract()


def decide(meets: Callable[[Turn], bool], met: Counter[str]) -> Hook:
    """Return a hook for `validate` that marks and counts the turns which meet the conditions."""

    def hook(usual: Callable[[Turn], Any], turn: Turn) -> list[Problem]:
        turn.marked = meets(turn)
        met[turn.app.style.naming] += turn.marked
        problems: list[Problem] = usual(turn)
        if turn.conversation is not None:
            turn.conversation.memory["rejected"] = bool(problems)
        return problems

    return hook


def around(inner: Hook, outer: Hook) -> Hook:
    return lambda usual, turn: outer(lambda same: inner(usual, same), turn)


@dataclass(frozen=True)
class Shown:
    """What a witness shows: the kind of the request and the violations of its exchanges."""

    kind: str
    violations: tuple[Violation, ...]

    @property
    def level(self) -> str | None:
        levels = {violation.level for violation in self.violations}
        return MUST if "must" in levels else SHOULD if "should" in levels else None


@dataclass(frozen=True)
class Stage:
    """Plays a scene and judges every exchange of it; called as a witness, returns whether a clause is violated."""

    show: Callable[[Scene], None]

    def __call__(self, client: Client) -> bool:
        return self.play(client).level is not None

    def play(self, client: Client) -> Shown:
        scene = Scene()
        self.show(scene)
        history = History()
        exchanges = [one for _ in range(ROUNDS) for one in conversation(client, scene, history)]
        return Shown(exchanges[-1].kind, tuple(found for facts in exchanges for found in find_violations(facts)))


def conversation(client: Client, scene: Scene, history: History) -> list[ExchangeFacts]:
    """Send the scene's request after the turns before it, and once more in the next turn."""
    user = {name: value for name, value in scene.fields.items() if name == "user_id" and isinstance(value, str)}
    given: dict[str, Any] = {}
    done = []
    for number in range(1, scene.turn):
        done.append(send(client, say(f"I need tool number {number}", **user, **given), {}, history))
        given = given or {"conversation_id": done[-1].reply_id}
    if scene.rejected:
        done.append(send(client, say(17, **given), {}, history))
    done.append(send(client, given | scene.build(), scene.headers, history))
    given = given or {"conversation_id": done[-1].reply_id}
    if given["conversation_id"]:
        done.append(send(client, scene.build() | given, scene.headers, history))
    return done


def send(client: Client, body: Any, headers: dict[str, str], history: History) -> ExchangeFacts:
    """Send one request; the facts are those from before the history contains it."""
    request = encoded(body, headers)
    exchange = Exchange(request, outcome(client.send(request.body, headers)))
    facts = examine(contract(), exchange, copy.deepcopy(history))
    update_history(history, facts)
    return facts


def encoded(body: Any, headers: dict[str, str]) -> Request:
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Request("POST", "/chat", tuple({**JSON, **headers}.items()), raw)


def outcome(reply: Reply) -> Response | Breakdown:
    if reply.flaw in ("reset", "silence", "truncated"):
        return Breakdown(reply.flaw)  # type: ignore[arg-type]
    return Response(reply.status, tuple((reply.headers or {}).items()), reply.body)


@dataclass(frozen=True)
class Draw:
    """Conditions that must meet, and the effect where they do."""

    conditions: tuple[Condition, ...]
    effect: Effect
    wrong: Wrong | None = None

    @property
    def about(self) -> str:
        names = [*([self.wrong.name] if self.wrong else []), *(condition.name for condition in self.conditions)]
        return f"{' + '.join(names)}: {self.effect.about}"

    def show(self, scene: Scene) -> None:
        for condition in self.conditions:
            condition.show(scene)
        if self.wrong:
            self.wrong.show(scene)

    @property
    def plain(self) -> bool:
        """Whether everything beside a wrong value is must-accept: a rejection test has one fault and no other."""
        if self.wrong is None:
            return True
        scene = Scene()
        for condition in self.conditions:
            condition.show(scene)
        return classify(contract(), encoded(scene.build(), scene.headers)).request_class is RequestClass.MUST_ACCEPT

    def meets(self, turn: Turn) -> bool:
        """Return whether the request meets the conditions and, apart from the wrong value, is accepted."""
        if not all(condition.holds(turn) for condition in self.conditions):
            return False
        problems = list(faults_of(turn.app, turn.body))
        if self.wrong is None:
            return not problems
        return any(self.wrong.is_at(turn, problem) for problem in problems)

    def fault(self, name: str, level: str = MUST) -> Fault:
        met: Counter[str] = Counter()
        outer = decide(self.meets, met)
        validate = self.effect.hooks.get("validate")
        hooks = {**self.effect.hooks, "validate": around(validate, outer) if validate else outer}
        return Fault(name, level, self.effect.group, self.about, Stage(self.show), hooks, met=met)


def draw(random: Random) -> Draw:
    if random.random() < REJECTED_SHARE:
        position = random.choice(("", "", *POSITIONS))
        wrong = random.choice([one for one in WRONG if one.position == position])
        return Draw((drawn(random),), of_groups(random, rejecting(wrong)), wrong)
    first = drawn(random)
    both = sorted((first, drawn(random, first)), key=CONDITIONS.index)
    return Draw(tuple(both), of_groups(random, ACCEPTING))


def of_groups(random: Random, effects: Sequence[Effect]) -> Effect:
    """Draw a group of clauses, then an effect of it."""
    group = random.choice(list(dict.fromkeys(effect.group for effect in effects)))
    return random.choice([effect for effect in effects if effect.group == group])


def shown(fault: Fault) -> Shown:
    """Play the scene of a drawn fault on its server."""
    assert isinstance(fault.witness, Stage)
    with serve(fault) as url:
        return fault.witness.play(client_for(url, keyed=False))


def faults(seed: int) -> Iterator[Fault]:
    """Yield drawn faults whose witness shows a violation, without end; the same seed gives the same faults."""
    random = Random(seed)
    number = count(1)
    seen = set()
    while True:
        one = draw(random)
        if one.about in seen or not one.plain:
            continue
        seen.add(one.about)
        level = shown(one.fault("draw")).level
        if level is not None:
            yield one.fault(f"pair-{next(number):03}", level)


def pairs(number: int, seed: int = 0) -> list[Fault]:
    return list(islice(faults(seed), number))
