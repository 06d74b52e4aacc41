"""A sample of the attacks of ``python -m testbed.outsider``."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from testbed.outsider import files, pull_request
from testbed.outsider.attack import Attack

ONE_OF = 3
SAMPLE = [*chain(pull_request.attacks(), files.attacks())][::ONE_OF]


@pytest.mark.parametrize("attack", SAMPLE, ids=lambda attack: ascii(attack.name))
def test_attack_has_the_expected_result(attack: Attack, tmp_path: Path) -> None:
    assert attack.run(tmp_path) == attack.expected
