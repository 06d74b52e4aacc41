"""The modules of the kit work without what only POSIX has: they can be imported, or say what is missing."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from tests.support.texts import PRODUCTS, modules

POSIX_ONLY = ("fcntl", "resource", "pwd", "grp", "termios", "uvloop")
# They run in a process that the kit starts with settings, or start the command line themselves.
LEFT_OUT = {"chat_load.swarm", "chat_load.client", "kit_cli.__main__", "mock_server.__main__"}
IMPORT_ALL = """
import importlib, os, socket, sys

names, hidden, ours = sys.argv[1].split(), sys.argv[2].split(), tuple(sys.argv[3].split())
for name in names:
    importlib.import_module(name)
# The libraries stay as they are here; only the kit is imported again, as if on Windows.
for name in list(sys.modules):
    if name.partition(".")[0] in ours or name in hidden:
        del sys.modules[name]


class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Hidden())
for name in ("O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "getuid", "geteuid", "fork", "killpg", "setsid", "mkfifo"):
    delattr(os, name)
sys.platform = "win32"
for name in names:
    importlib.import_module(name)

from pathlib import Path
from chat_contract import UsageError
from mock_server.recorder.place import Place
from mock_server.server.listener import connections_allowed

assert connections_allowed(100) == 100
try:
    Place(Path("recordings"))
except UsageError as error:
    print(error)
"""


def module_names(package: str) -> list[str]:
    found = []
    for path in modules(package):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return [name for name in found if name not in LEFT_OUT]


def test_modules_import_without_what_windows_lacks() -> None:
    packages = [package for package in PRODUCTS if package != "contract_tests"]
    names = [name for package in packages for name in module_names(package)]
    command = [sys.executable, "-c", IMPORT_ALL, " ".join(names), " ".join(POSIX_ONLY), " ".join(packages)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "Record in the Windows Subsystem for Linux" in ended.stdout


@pytest.mark.parametrize("package", [package for package in PRODUCTS if package != "contract_tests"])
def test_posix_modules_are_imported_where_their_absence_is_handled(package: str) -> None:
    """An import at the top of a module would end the command on Windows."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(package)
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (getattr(node, "module", None) or "", *(alias.name for alias in node.names))
        if name in {*POSIX_ONLY, "select", "selectors"}
    ]
    assert found == []
