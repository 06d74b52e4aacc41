"""A correct server that attacks its client now and then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from testbed.faulty_servers.base import PREFIX, Chat
from testbed.faulty_servers.correct import LAX
from testbed.faulty_servers.wire import Answer, Request, Server
from testbed.hostile_servers.attacks import Attack


class Attacker:
    """Attacks instead of every ``period``-th reply, after ``spared`` ones. All other responses are correct."""

    def __init__(self, attack: Attack, *, period: int, spared: int) -> None:
        self.attack = attack
        self.period = period
        self.spared = spared
        self.attacks = 0
        self._chat = Chat(LAX)
        self._replies = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        answer = self._chat(request)
        return Answer(200, pieces=self.attack.pieces(answer.body)) if self._attacks(answer) else answer

    def _attacks(self, answer: Answer) -> bool:
        if answer.status != 200:
            return False
        with self._lock:
            self._replies += 1
            due = self._replies > self.spared and (self._replies - self.spared) % self.period == 0
            if due and (not self.attack.most or self.attacks < self.attack.most):
                self.attacks += 1
                return True
        return False


@contextmanager
def serve_attack(attack: Attack, *, period: int = 3, spared: int = 1) -> Iterator[str]:
    """Serve on the loopback interface and yield the base URL."""
    with Server(Attacker(attack, period=period, spared=spared)) as server:
        yield f"http://127.0.0.1:{server.port}{PREFIX}"
