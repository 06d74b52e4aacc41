"""Who may import whom, and what an import may pull in: read from the source, not from good intentions."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import chat_contract
from tests.support.paths import ROOT

PACKAGES = (
    "chat_contract",
    "reporting",
    "mock_server",
    "chat_mock",
    "contract_tests",
    "spec_gate",
    "recorder",
    "kit_cli",
)
TEST_TOOLS = {"pytest", "hypothesis", "schemathesis"}
WEB = {"flask", "werkzeug", "granian", "fastapi", "starlette", "requests", "urllib3", "httpx"}

# What a package may import beside the standard library and itself; what nobody uses any more is taken back.
ALLOWED = {
    "chat_contract": {"yaml", "jsonschema", "jsonpath_rfc9535", "referencing"},
    "reporting": {"chat_contract", "jinja2"},
    "mock_server": {
        *("chat_contract", "flask", "werkzeug", "jsonschema", "pydantic_core", "yaml", "requests", "urllib3"),
    },
    # The mock is a process to it, and its tests may lack everything that the mock is made of.
    "chat_mock": {"pytest"},
    "contract_tests": {
        *("chat_contract", "reporting", "requests", "urllib3", "harfile", "jsonschema"),
        *TEST_TOOLS,
    },
    "spec_gate": {"chat_contract", "reporting", "jsonschema", "jsonschema_rs"},
    "recorder": {
        "chat_contract",
        "reporting",
        "mock_server",
        "contract_tests",
        "flask",
        "werkzeug",
        "yaml",
    },
    "kit_cli": {
        "chat_contract",
        "reporting",
        "mock_server",
        "contract_tests",
        "spec_gate",
        "recorder",
        "click",
        "rich",
    },
}
# What only one module of a package may import, with that module.
ONLY_IN = {
    ("contract_tests", "mock_server"): "contract_tests/conftest.py",
    ("chat_mock", "pytest"): "chat_mock/plugin.py",
    ("contract_tests", "xdist"): "contract_tests/conftest.py",
    ("chat_contract", "openapi_spec_validator"): "chat_contract/contract.py",
    ("mock_server", "granian"): "mock_server/server/serve.py",
    ("recorder", "granian"): "mock_server/recorder/serve.py",
    ("spec_gate", "hypothesis"): "spec_gate/search/chance.py",
    ("mock_server", "watchfiles"): "mock_server/loading/watch.py",
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every dotted name that a module imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(dotted: str) -> str:
    return dotted.partition(".")[0]


def outside(package: str) -> Iterator[tuple[str, str]]:
    """The packages that a package imports beside the standard library and itself, each with the module that does."""
    for path in modules(package):
        for dotted in imports(path):
            if top(dotted) not in sys.stdlib_module_names | {package}:
                yield top(dotted), path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    granted = {(name, module) for (owner, name), module in ONLY_IN.items() if owner == package}
    for name, module in outside(package):
        assert name in ALLOWED[package] or (name, module) in granted, f"{module} imports {name}"


@pytest.mark.parametrize(("package", "name"), ONLY_IN)
def test_some_imports_stay_in_one_module(package: str, name: str) -> None:
    found = {module for imported, module in outside(package) if imported == name}
    assert found <= {ONLY_IN[package, name]}


def test_the_core_knows_nobody_else() -> None:
    assert not ALLOWED["chat_contract"] & (TEST_TOOLS | WEB | set(PACKAGES))
    assert not ALLOWED["mock_server"] & (TEST_TOOLS | {"contract_tests", "kit_cli"})
    assert not ALLOWED["contract_tests"] & {"kit_cli", "mock_server", "flask"}
    assert not ALLOWED["spec_gate"] & {*TEST_TOOLS, *WEB, "kit_cli", "mock_server", "contract_tests"}


@pytest.mark.parametrize("package", PACKAGES)
def test_nobody_imports_the_tests_and_only_the_command_line_itself(package: str) -> None:
    found = {name for name, _ in outside(package)}
    assert "tests" not in found
    assert "kit_cli" not in found


@pytest.mark.parametrize("package", PACKAGES)
def test_a_permission_that_nobody_uses_is_taken_back(package: str) -> None:
    assert ALLOWED[package] <= {name for name, _ in outside(package)}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is_about(package: str) -> None:
    silent = [name_of(path) for path in modules(package) if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


# Cycles ---------------------------------------------------------------------------------------------------------------


def graph(package: str) -> dict[str, set[str]]:
    names = {name_of(path) for path in modules(package)}
    edges: dict[str, set[str]] = {}
    for path in modules(package):
        wanted = {dotted if dotted in names else dotted.rpartition(".")[0] for dotted in imports(path)}
        edges[name_of(path)] = wanted & names - {name_of(path)}
    return edges


def cycle_in(edges: dict[str, set[str]]) -> list[str]:
    """Return the modules that remain when those that import none of the rest are taken away, again and again."""
    left = dict(edges)
    while free := [name for name, wanted in left.items() if not wanted & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_itself_in_a_roundabout_way(package: str) -> None:
    assert cycle_in(graph(package)) == []


def test_a_cycle_would_be_found() -> None:
    assert cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == ["a", "b", "c", "d"]


# A fresh interpreter --------------------------------------------------------------------------------------------------

HEAVY = sorted(TEST_TOOLS | {"openapi_spec_validator", "requests", "fastapi"})


def pulled_in(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return set(run.stdout.split())


def test_the_mock_and_the_core_need_no_test_tool() -> None:
    found = pulled_in("import mock_server, chat_contract")
    assert not found & set(HEAVY)
    assert not found & {"contract_tests", "kit_cli"}


def test_the_core_needs_no_web_framework() -> None:
    assert not pulled_in("import chat_contract") & {*WEB, *HEAVY, "mock_server"}


def test_loading_the_shipped_contract_needs_no_validator_of_openapi() -> None:
    assert "openapi_spec_validator" not in pulled_in("import chat_contract; chat_contract.load_contract()")


# The public surface ---------------------------------------------------------------------------------------------------


def test_public_names_exist_and_are_sorted() -> None:
    names = chat_contract.__all__
    assert all(hasattr(chat_contract, name) for name in names)
    assert names == sorted(names)
    assert len(set(names)) == len(names)


def test_everything_that_the_core_offers_is_public() -> None:
    offered = {name for name in imports_of_init() if not name.startswith("_")}
    assert offered <= set(chat_contract.__all__)


def imports_of_init() -> set[str]:
    return {dotted.rpartition(".")[2] for dotted in imports(ROOT / "chat_contract" / "__init__.py")}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_ships_its_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


@pytest.mark.parametrize("path", modules("chat_contract"), ids=name_of)
def test_the_core_asks_neither_clock_nor_chance_nor_environment(path: Path) -> None:
    forbidden = {"time", "random", "secrets", "uuid", "os", "socket", "threading", "subprocess"}
    assert not {top(dotted) for dotted in imports(path)} & forbidden
