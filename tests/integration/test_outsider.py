"""A sample of the attacks of ``python -m testbed.outsider``."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from chat_mock.server import Server
from testbed.outsider import connections, files, pull_request, services
from testbed.outsider.attack import Attack

ONE_OF = 3
SAMPLE = [*chain(pull_request.attacks(), files.attacks())][::ONE_OF]


@pytest.mark.parametrize("attack", SAMPLE, ids=lambda attack: ascii(attack.name))
def test_attack_has_the_expected_result(attack: Attack, tmp_path: Path) -> None:
    assert attack.run(tmp_path) == attack.expected


def test_mock_keeps_little_of_what_clients_do_not_complete(tmp_path: Path) -> None:
    mock = Server.start()
    try:
        attacks = [each for each in connections.attacks(mock.base_url, mock.process.pid) if "connections" in each.name]
        found = [(attack, attack.run(tmp_path)) for attack in attacks]
    finally:
        mock.stop()
    assert [(attack.name, seen) for attack, seen in found if seen != attack.expected] == []


def test_mock_and_recorder_protect_their_clients_from_the_service(tmp_path: Path) -> None:
    with services.attacked() as attacks:
        found = [(attack, attack.run(tmp_path)) for attack in attacks if "drip" not in attack.name]
    assert [(attack.attacker, attack.name, seen) for attack, seen in found if seen != attack.expected] == []
