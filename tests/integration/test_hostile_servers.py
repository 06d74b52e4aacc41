"""A sample of ``python -m testbed.hostile_servers``: the verifier reports a server that attacks its client."""

from __future__ import annotations

import pytest

from testbed.hostile_servers.attacks import ATTACKS
from testbed.hostile_servers.measure import verify_hostile

BY_NAME = {attack.name: attack for attack in ATTACKS}
SAMPLE = ("header-of-a-megabyte", "endless-100-continue", "dripping-headers", "gzip-bomb", "nested-reply")


@pytest.mark.parametrize("name", SAMPLE)
def test_hostile_server_gets_a_named_finding_in_complete_reports(name: str) -> None:
    """Memory and time have their limits in ``MEGABYTES`` and ``SECONDS``."""
    outcome = verify_hostile(BY_NAME[name], ["--max-requests", "12", "--timeout", "2"], period=2)
    assert outcome.complaints == ()
    assert outcome.code == 1


def test_server_that_attacks_from_the_first_request_on_cannot_be_verified() -> None:
    outcome = verify_hostile(BY_NAME["no-http"], period=1, spared=0)
    assert outcome.complaints == ()
    assert (outcome.code, outcome.requests) == (2, 0)


def test_attacks_have_unique_names() -> None:
    assert len(BY_NAME) == len(ATTACKS) >= 39
