"""Each planted fault shows in its own server and in no correct one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faulty_servers.catalogue import FAULTS
from tests.faulty_servers.correct import CORRECT
from tests.faulty_servers.fault import MUST, Fault, serve
from tests.faulty_servers.witness import client_for


@pytest.fixture(scope="module")
def correct_urls() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield {style.name: stack.enter_context(serve(style)) for style in CORRECT}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_its_witness_shows_the_fault(fault: Fault) -> None:
    with serve(fault) as url:
        assert fault.witness(client_for(url, keyed=fault.needs_key))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_correct_server_has_the_fault(fault: Fault, correct_urls: dict[str, str]) -> None:
    """A correct server may well deserve a warning, so only spotless ones meet the faults of level SHOULD."""
    blamed = [
        style.name
        for style in CORRECT
        if (fault.level == MUST or style.spotless) and style.keyed == fault.needs_key
        if fault.witness(client_for(correct_urls[style.name], keyed=style.keyed))
    ]
    assert blamed == []
