"""Judges of large documents hold only what a value needs, and only the judges used last are kept."""

from __future__ import annotations

from typing import Any

import pytest

from spec_gate.schemas.node import SchemaNode, Side
from spec_gate.schemas.pair import SchemaPair, read_schema_pairs
from spec_gate.schemas.recent import Recent
from spec_gate.schemas.validity import Judge
from spec_gate.source.documents import Place
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from testbed.gate_quality.size import write_pair

SIZE = 60


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> SchemaPair:
    """Read a document of schemas that refer to each other in a circle."""
    base, revision = write_pair(tmp_path_factory.mktemp("ring"), SIZE)
    return read_schema_pairs(*(read_document(FileOrigin(one)) for one in (base, revision)))[Side.REQUEST]


def first(ring: SchemaPair) -> SchemaNode:
    document = ring.document(of_base=True)
    schema = ring.read_base(Place(document.name, ("components", "schemas", "Schema0")))
    assert isinstance(schema, SchemaNode)
    return schema


def nested(depth: int, last: Any) -> Any:
    return last if depth == 0 else {"field_0": "", "next": nested(depth - 1, last)}


@pytest.mark.parametrize(("depth", "definitions"), [(0, 1), (1, 1), (3, 3), (SIZE, SIZE), (4_000, SIZE)])
def test_schema_for_a_depth_holds_the_definitions_up_to_it(ring: SchemaPair, depth: int, definitions: int) -> None:
    schema, complete = ring.up_to(first(ring), depth)
    needed = [one for one in schema["$defs"].values() if one is not True]
    assert len(needed) == (0 if depth == 0 else definitions)
    assert complete == (depth >= SIZE)


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 6, 12, 13, 40])
def test_judge_sees_a_fault_at_any_depth(ring: SchemaPair, depth: int) -> None:
    judge = Judge(lambda level: ring.up_to(first(ring), level))
    assert judge.accepts(nested(depth, {"field_0": ""}))
    assert judge.rejects(nested(depth, {}))
    assert len(judge.faults(nested(depth, {}))) == 1


def test_only_what_was_used_last_is_kept() -> None:
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    recent: Recent[int, int] = Recent(2)
    for number in (1, 2, 1, 3, 1, 2):
        assert recent.get(number, lambda number=number: make(number)) == number  # type: ignore[misc]
    assert made == [1, 2, 3, 2]
    assert len(recent) == 2
