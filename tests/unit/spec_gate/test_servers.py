"""Servers with variables: a changed default is a warning, and what the gate does not know is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec_gate.report.model import DiffReport
from tests.unit.spec_gate.changing import report_of, written

FREE = '{url: "https://{region}.example.com/{version}", variables: {region: {default: eu}, version: {default: v1}}}'
LISTED = '{url: "https://{region}.example.com", variables: {region: {default: eu, enum: [eu, us]}}}'


def document(server: str, *, in_operation: bool = False) -> str:
    servers = f"servers: [{server}]"
    operation = 'responses: {"200": {description: ok}}'
    paths = "".join(
        f"  /{name}: {{get: {{{f'{servers}, ' if in_operation else ''}{operation}}}}}\n" for name in ("a", "b", "c")
    )
    head = 'openapi: 3.1.0\ninfo: {title: t, version: "1"}\n'
    return f"{head}{'' if in_operation else f'{servers}{chr(10)}'}paths:\n{paths}"


def compared(folder: Path, base: str, then: str, *, in_operation: bool = False) -> DiffReport:
    files = [
        written(folder, f"{name}.yaml", document(one, in_operation=in_operation))
        for name, one in (("base", base), ("then", then))
    ]
    return report_of(*files)


@pytest.mark.parametrize("in_operation", [False, True])
@pytest.mark.parametrize(
    ("base", "then", "title"),
    [
        (FREE, FREE.replace("v1", "v2"), "Default of server variable `version` changed from `v1` to `v2`"),
        (FREE, FREE.replace("default: eu", "default: us"),
         "Default of server variable `region` changed from `eu` to `us`"),
        (LISTED, LISTED.replace("default: eu", "default: us"),
         "Default of server variable `region` changed from `eu` to `us`"),
        (FREE, FREE.replace("version", "release").replace("v1", "v2"),
         "Default of server variable `version` changed from `v1` to `v2`"),
    ],
)  # fmt: skip
def test_changed_default_is_one_warning(
    tmp_path: Path, base: str, then: str, title: str, *, in_operation: bool
) -> None:
    report = compared(tmp_path, base, then, in_operation=in_operation)
    found = [(one.rule, one.title, one.level, one.operations) for one in report.findings]
    assert found == [("server-variable-default-changed", title, "warning", ("GET /a", "GET /b", "GET /c"))]


@pytest.mark.parametrize(
    ("base", "then"),
    [
        (FREE, FREE.replace("version", "release")),
        (FREE, FREE.replace("{default: eu}", "{default: eu, description: near you}")),
        (LISTED, LISTED.replace("[eu, us]", "[us, eu]")),
    ],
)
def test_other_names_texts_and_orders_cause_no_finding(tmp_path: Path, base: str, then: str) -> None:
    assert compared(tmp_path, base, then).findings == ()


def test_removed_value_of_a_variable_is_breaking(tmp_path: Path) -> None:
    [finding] = compared(tmp_path, LISTED, LISTED.replace("[eu, us]", "[eu]")).findings
    assert (finding.rule, finding.level) == ("server-removed", "breaking")


def listed(regions: int, versions: int, letter: str = "v") -> str:
    values = [", ".join(f"{letter}{number}" for number in range(many)) for letter, many in
              (("r", regions), (letter, versions))]  # fmt: skip
    variables = f"region: {{default: r0, enum: [{values[0]}]}}, version: {{default: {letter}0, enum: [{values[1]}]}}"
    return f'{{url: "https://{{region}}.Example.com/{{version}}", variables: {{{variables}}}}}'


LATER = listed(9, 9, "w")
"""A server with the same template and other versions."""


@pytest.mark.parametrize(
    ("base", "then", "findings"),
    [
        (listed(9, 9), listed(9, 8), {("server-removed", "https://{region}.example.com/v8")}),
        (listed(9, 9), listed(8, 9), {("server-removed", "https://r8.example.com/{version}")}),
        (listed(9, 9), listed(9, 10), {("server-added", "https://{region}.example.com/v9")}),
        (listed(2, 2), listed(9, 9), {("server-added", "https://{region}.example.com/{version}")}),
        (listed(9, 9), FREE, {("server-added", "https://{region}.example.com/{version}")}),
        (FREE, listed(9, 9), {("server-removed", "https://{region}.example.com/{version}")}),
        (listed(20, 9), listed(2, 9), {("server-removed", "https://{region}.example.com/{version}")}),
        (listed(9, 9), listed(9, 9).replace("region", "zone"), set()),
        (listed(9, 9), f"{listed(2, 9)}, {listed(9, 9)}", set()),
        (f"{listed(9, 9)}, {LATER}", f"{LATER}, {listed(9, 9)}", set()),
        (f"{listed(9, 9)}, {LATER}", listed(9, 9), {("server-removed", "https://{region}.example.com/{version}")}),
        (listed(9, 9), f"{listed(9, 9)}, {LATER}", {("server-added", "https://{region}.example.com/{version}")}),
        (f"{LATER}, {listed(9, 9)}", f"{LATER}, {listed(9, 8)}", {("server-removed", "https://{region}.example.com/v8")}),
        (listed(9, 20), f"{listed(9, 12)}, {listed(9, 20).replace('v0, v1,', 'v0,')}", set()),
        (listed(9, 9), f"{listed(9, 8)}, {listed(9, 1).replace('v0', 'v8')}", set()),
    ],
)  # fmt: skip
def test_server_with_more_urls_than_can_be_listed_is_compared_by_its_variables(
    tmp_path: Path, base: str, then: str, findings: set[tuple[str, str]]
) -> None:
    report = compared(tmp_path, base, then)
    assert {(one.rule, one.name) for one in report.findings if "default" not in one.rule} == findings


@pytest.mark.parametrize(
    ("then", "name"),
    [
        (FREE.replace("{url", "{protocol: mqtt, url"), "protocol of server https://{region}.example.com/{version}"),
        (FREE.replace("{default: eu}", "{default: eu, pattern: e}"), "pattern of server variable region"),
    ],
)
def test_unknown_field_is_changed_but_not_judged(tmp_path: Path, then: str, name: str) -> None:
    [finding] = compared(tmp_path, FREE, then).findings
    assert (finding.rule, finding.level, finding.name) == ("not-judged", "warning", name)
