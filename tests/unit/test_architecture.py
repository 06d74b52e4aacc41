"""The architecture, checked against the imports in the source: which package and which subpackage may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import chat_contract
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

# Installed packages, each with those of ours that it may import. Products do not import each other.
LAYERS: dict[str, set[str]] = {
    "chat_contract": set(),
    "kit_http": {"chat_contract"},
    "kit_options": set(),
    "kit_reports": {"chat_contract"},
    "chat_mock": {"chat_contract", "kit_http", "kit_reports"},
    "chat_verifier": {"chat_contract", "kit_http", "kit_reports"},
    "mock_server": {"chat_contract", "kit_http", "kit_options", "kit_reports"},
    "spec_gate": {"chat_contract", "kit_http", "kit_reports"},
    "chat_load": {"chat_contract", "kit_http", "kit_reports"},
    "kit_cli": {
        *("chat_contract", "kit_http", "kit_options", "kit_reports"),
        *("chat_verifier", "chat_load", "mock_server", "chat_mock", "spec_gate"),
    },
}
PACKAGES = tuple(LAYERS)

# The subpackages of each product, from the bottom up: each imports only those above it in this list.
SUBPACKAGES: dict[str, tuple[str, ...]] = {
    "chat_verifier": (
        "planning",
        "run",
        "target",
        "findings",
        "report",
        "traffic",
        "options",
        "verify",
        "pytest_plugin",
    ),
    "mock_server": (
        *(
            "defaults",
            "output",
            "upstream_options",
            "limit_options",
            "mask_options",
            "http",
            "validation",
            "overrides",
            "shop",
            "loading",
            "store",
            "respond",
            "control",
        ),
        *("app", "server", "recorder", "cli", "__main__"),
    ),
    "spec_gate": (
        *(
            "budget",
            "patterns",
            "source",
            "schemas",
            "search",
            "differ",
            "prove",
            "rules",
            "selection",
            "findings",
            "places",
        ),
        *("discriminated", "schema_findings", "structure_findings", "grouping", "verdict", "severity", "report"),
        *("impact", "compare"),
    ),
    "chat_load": (
        *("settings", "plan", "judging", "counting", "pausing", "reproduce", "client", "web_tab", "launch", "target"),
        *("swarm", "report"),
    ),
}

WEB = {"flask", "werkzeug", "uvicorn", "httptools", "uvloop", "fastapi", "starlette", "requests", "urllib3", "httpx"}
TEST_TOOLS = {"pytest", "hypothesis", "schemathesis"}

# Third-party packages that each package of ours may import.
THIRD_PARTY: dict[str, set[str]] = {
    "chat_contract": {
        *("yaml", "jsonschema", "jsonpath_rfc9535", "iregexp_check", "referencing", "openapi_spec_validator"),
        *("pydantic_core", "regex"),
    },
    "kit_http": {"cachetools", "requests", "urllib3"},
    "kit_options": {"click"},
    "kit_reports": {"jinja2", "pydantic"},
    "chat_mock": {"pytest"},
    "chat_verifier": {
        *("requests", "urllib3", "harfile", "jsonschema", "hypothesis", "schemathesis"),
        *("uvicorn", "werkzeug", "pytest"),
    },
    "mock_server": {
        *("click", "flask", "werkzeug", "uvicorn", "watchfiles", "httpx", "httpcore"),
        *("jsonschema", "pydantic_core", "yaml", "cachetools", "redis", "hiredis"),
    },
    "spec_gate": {"jsonschema", "jsonschema_rs"},
    "chat_load": {"locust", "gevent", "geventhttpclient", "requests", "flask", "jsonschema_rs", "zmq"},
    "kit_cli": {"click", "packaging", "rich", "platformdirs", "anyio", "httpx", "mcp", "pydantic"},
}

# Third-party packages that only one module may import.
ONLY_IN: dict[tuple[str, str], str] = {
    ("chat_contract", "openapi_spec_validator"): "chat_contract/document/openapi.py",
    ("chat_mock", "pytest"): "chat_mock/plugin.py",
    ("chat_verifier", "hypothesis"): "chat_verifier/planning/exploration.py",
    ("chat_verifier", "schemathesis"): "chat_verifier/planning/exploration.py",
    ("chat_verifier", "uvicorn"): "chat_verifier/target/application.py",
    ("chat_verifier", "werkzeug"): "chat_verifier/target/application.py",
    ("chat_verifier", "pytest"): "chat_verifier/pytest_plugin.py",
    ("chat_load", "locust"): "chat_load/swarm.py",
    ("chat_load", "zmq"): "chat_load/swarm.py",
    ("chat_load", "geventhttpclient"): "chat_load/client.py",
    ("chat_load", "flask"): "chat_load/web_tab.py",
    ("chat_load", "jsonschema_rs"): "chat_load/judging.py",
    ("kit_cli", "anyio"): "kit_cli/actions/mcp.py",
    ("kit_cli", "httpx"): "kit_cli/mcp_tools/mock.py",
    ("kit_cli", "mcp"): "kit_cli/actions/mcp.py",
    ("kit_cli", "pydantic"): "kit_cli/actions/mcp.py",
    ("mock_server", "httpx"): "mock_server/respond/upstream.py",
    ("mock_server", "httpcore"): "mock_server/respond/network.py",
    ("mock_server", "watchfiles"): "mock_server/loading/watch.py",
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Yield every dotted name that a module imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(dotted: str) -> str:
    return dotted.partition(".")[0]


def imported_packages(package: str) -> Iterator[tuple[str, str]]:
    """Yield each package that a package imports besides itself and the standard library, with the importing module."""
    for path in modules(package):
        for dotted in imports(path):
            if top(dotted) not in sys.stdlib_module_names | {package}:
                yield top(dotted), path.relative_to(ROOT).as_posix()


# Packages -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_the_packages_below_it(package: str) -> None:
    allowed = LAYERS[package] | THIRD_PARTY[package]
    assert [(name, module) for name, module in imported_packages(package) if name not in allowed] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_allowed_package_is_imported(package: str) -> None:
    unused = (LAYERS[package] | THIRD_PARTY[package]) - {name for name, _ in imported_packages(package)}
    assert unused == set(), "remove them from the table"


@pytest.mark.parametrize(("package", "name"), ONLY_IN)
def test_some_third_party_packages_are_imported_by_one_module(package: str, name: str) -> None:
    assert {module for imported, module in imported_packages(package) if imported == name} == {ONLY_IN[package, name]}


def test_the_core_is_free_of_web_frameworks_and_test_tools() -> None:
    assert not THIRD_PARTY["chat_contract"] & (WEB | TEST_TOOLS)


@pytest.mark.parametrize("product", ["mock_server", "spec_gate"])
def test_products_are_free_of_test_tools_except_the_verifier(product: str) -> None:
    assert not THIRD_PARTY[product] & TEST_TOOLS


def test_layers_contain_every_installed_package() -> None:
    assert {path.parent.name for path in ROOT.glob("*/py.typed")} == set(PACKAGES)


def test_contract_tests_holds_only_what_pytest_runs() -> None:
    files = {path.name for path in (ROOT / "contract_tests").iterdir() if path.suffix == ".py"}
    assert files == {"conftest.py", "test_clauses.py"}


# Subpackages ----------------------------------------------------------------------------------------------------------


def subpackage_of(package: str, dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == package and len(parts) > 1 and parts[1] in SUBPACKAGES[package] else None


@pytest.mark.parametrize("package", SUBPACKAGES)
def test_subpackages_import_only_those_below_them(package: str) -> None:
    order = SUBPACKAGES[package]
    upward = [
        f"{name_of(path)} imports {dotted}"
        for path in modules(package)
        for dotted in imports(path)
        if (importer := subpackage_of(package, name_of(path))) and (imported := subpackage_of(package, dotted))
        if order.index(imported) > order.index(importer)
    ]
    assert upward == []


@pytest.mark.parametrize("package", SUBPACKAGES)
def test_every_subpackage_is_in_the_list(package: str) -> None:
    there = {path.relative_to(ROOT / package).parts[0].removesuffix(".py") for path in modules(package)}
    assert there - {"__init__"} == set(SUBPACKAGES[package])


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_do_not_import_each_other_in_a_cycle(package: str) -> None:
    assert cycle_in(graph(package)) == []


def test_import_cycle_is_found() -> None:
    assert cycle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set()}) == ["a", "b", "c", "d"]


def graph(package: str) -> dict[str, set[str]]:
    names = {name_of(path) for path in modules(package)}
    edges: dict[str, set[str]] = {}
    for path in modules(package):
        wanted = {dotted if dotted in names else dotted.rpartition(".")[0] for dotted in imports(path)}
        edges[name_of(path)] = wanted & names - {name_of(path)}
    return edges


def cycle_in(edges: Mapping[str, set[str]]) -> list[str]:
    """Return the modules that remain after those that import none of the remaining ones are removed repeatedly."""
    left = dict(edges)
    while free := [name for name, wanted in left.items() if not wanted & left.keys()]:
        for name in free:
            del left[name]
    return sorted(left)


# Modules --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_a_docstring(package: str) -> None:
    missing = [name_of(path) for path in modules(package) if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert missing == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_longer_than_450_lines(package: str) -> None:
    long = {
        name_of(path): lines for path in modules(package) if (lines := len(path.read_text("utf-8").split("\n"))) > 450
    }
    assert long == {}


@pytest.mark.parametrize("path", modules("chat_contract"), ids=name_of)
def test_the_core_uses_no_clock_randomness_or_environment(path: Path) -> None:
    forbidden = {"time", "random", "secrets", "uuid", "os", "socket", "threading", "subprocess"}
    if name_of(path) == "chat_contract.document.repository":
        # It compares the owner of a file with the user.
        forbidden.remove("os")
    assert not {top(dotted) for dotted in imports(path)} & forbidden


@pytest.mark.parametrize("package", PACKAGES)
def test_identity_of_objects_and_the_recursion_limit_are_left_alone(package: str) -> None:
    """``id()`` as a key outlives its object, and the recursion limit is global."""
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(package)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        if (isinstance(node.func, ast.Name) and node.func.id == "id")
        or (isinstance(node.func, ast.Attribute) and node.func.attr == "setrecursionlimit")
    ]
    assert calls == []


# A fresh interpreter --------------------------------------------------------------------------------------------------

HEAVY = sorted(TEST_TOOLS | {"openapi_spec_validator", "requests", "fastapi"})


def imported_by(statement: str) -> set[str]:
    """Return the top-level modules that a statement imports in a new interpreter, with warnings as errors."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    return set(run.stdout.split())


def test_the_mock_and_the_core_import_no_test_tool() -> None:
    found = imported_by("import mock_server, chat_contract")
    assert not found & {*HEAVY, "chat_verifier", "kit_cli"}


def test_the_core_imports_no_web_framework() -> None:
    assert not imported_by("import chat_contract") & {*WEB, *HEAVY, "mock_server"}


def test_loading_the_shipped_contract_imports_no_openapi_validator() -> None:
    assert "openapi_spec_validator" not in imported_by("import chat_contract; chat_contract.load_contract()")


# The public surface ---------------------------------------------------------------------------------------------------


def test_public_names_exist_and_are_sorted() -> None:
    names = chat_contract.__all__
    assert all(hasattr(chat_contract, name) for name in names)
    assert names == sorted(names)
    assert len(set(names)) == len(names)
