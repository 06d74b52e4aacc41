"""``verify --app`` and the fixture ``verify_chat_app``: applications of this process are verified like servers."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI
from flask import Flask

from chat_contract import UsageError, load_contract
from chat_verifier.pytest_plugin import verify_chat_app
from chat_verifier.target.application import is_asgi, load_application, serve_application
from kit_cli.main import cli
from tests.support.paths import ROOT

EXAMPLE = (ROOT / "examples" / "fastapi-server" / "shop.py").read_text(encoding="utf-8")
LIFESPAN = """
import contextlib
@contextlib.asynccontextmanager
async def lifespan(app):
    {startup}
    yield
    print("stopped")
"""
FLASK = """
from flask import Flask, request
def create_app():
    app = Flask("shop")
    @app.post("/chat")
    def chat():
        return {"conversation_id": "c", "message": "Hi", "items": []}
    return app
"""

__all__ = ["verify_chat_app"]


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that writes a module into the working directory and verifies an application of it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def call(source: str, name: str, *options: str) -> Result:
        for module in [module for module in sys.modules if module.startswith("shop_")]:
            del sys.modules[module]
        (tmp_path / f"{name.partition(':')[0]}.py").write_text(source, encoding="utf-8")
        importlib.invalidate_caches()
        result = CliRunner().invoke(cli, ["verify", "--app", name, *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result

    return call


def test_fastapi_application_is_verified_in_process(verify: Callable[..., Result]) -> None:
    result = verify(EXAMPLE, "shop_good:app", "--max-requests", "60", "--report", "json")
    read = json.loads(result.stdout)
    assert [clause["id"] for clause in read["clauses"] if clause["verdict"] == "fail"] == []
    assert (read["app"], read["base_url"]) == ("shop_good:app", "http://127.0.0.1:8000/v1")
    assert 0 < read["requests"] <= 60


def test_violating_wsgi_factory_exits_with_one_and_its_commands_name_the_usual_port(
    verify: Callable[..., Result],
) -> None:
    result = verify(FLASK, "shop_flask:create_app()", "--max-requests", "30")
    assert result.exit_code == 1
    assert result.stdout.startswith("VIOLATES  shop_flask:create_app()\n")
    assert "(To run the commands, serve shop_flask:create_app() at http://127.0.0.1:8000.)" in result.stdout
    assert "curl -sS -i -X POST http://127.0.0.1:8000/chat" in result.stdout


def test_plan_of_an_application_is_shown(verify: Callable[..., Result]) -> None:
    result = verify(EXAMPLE, "shop_plan:app", "--plan")
    assert result.exit_code == 0
    assert "requests in total" in result.stdout


def test_lifespan_runs(verify: Callable[..., Result]) -> None:
    source = LIFESPAN.format(startup='print("started")') + EXAMPLE.replace(
        'FastAPI(title="Shop")', "FastAPI(lifespan=lifespan)"
    ).replace("from __future__ import annotations\n", "")
    result = verify(source, "shop_lifespan:app", "--plan")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("started", "stopped")


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        ("", "shop_bad", 'invalid name "shop_bad". Write it as MODULE:NAME'),
        ("", "shop_bad:", "Write it as MODULE:NAME"),
        ("", "shop_bad:app", 'shop_bad has no attribute "app"'),
        ("app = 5", "shop_bad:app", "expected an ASGI or WSGI application, got int"),
        ("import no_such_package", "shop_bad:app", "the import failed with ModuleNotFoundError"),
        ("1 / 0", "shop_bad:app", "the import failed with ZeroDivisionError: division by zero ("),
        ("def app(:", "shop_bad:app", "the import failed with SyntaxError"),
        ("def app():\n    raise KeyError('DB_URL')", "shop_bad:app", "failed with KeyError: 'DB_URL'"),
        (
            LIFESPAN.format(startup='raise RuntimeError("no database")')
            + "from fastapi import FastAPI\napp = FastAPI(lifespan=lifespan)",
            "shop_bad:app",
            "the application does not start: ",
        ),
    ],
)
def test_application_that_cannot_be_used_exits_with_two_and_one_message(
    source: str, name: str, message: str, verify: Callable[..., Result]
) -> None:
    result = verify(source, name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("cannot verify: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_missing_module_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match='module "no_such_module" not found in '):
        load_application("no_such_module:app")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["http://127.0.0.1:1/v1", "--app", "shop:app"], "name either BASE_URL or --app MODULE:NAME; both are given."),
        ([], "name either BASE_URL or --app MODULE:NAME; neither is given."),
        (["--app", "shop:app", "--proxy", "http://127.0.0.1:1"], "--resume and --proxy have no effect"),
    ],
)
def test_exactly_one_target_is_required(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(cli, ["verify", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


async def _asgi_function(scope: Any, receive: Any, send: Any) -> None:
    raise NotImplementedError


@pytest.mark.parametrize(
    ("application", "expected"),
    [(FastAPI(), True), (_asgi_function, True), (Flask("x"), False), (Flask("x").wsgi_app, False)],
)
def test_kind_of_application_is_recognised(application: Any, *, expected: bool) -> None:
    assert is_asgi(application) is expected


def test_base_path_is_found_or_given() -> None:
    contract = load_contract()
    app = Flask("x")
    app.add_url_rule("/chat", "chat", lambda: "", methods=["POST"])
    with serve_application(app, contract) as served:
        assert served.base_path == ""
    with serve_application(app, contract, "/api") as served:
        assert served.base_url == f"http://127.0.0.1:{served.port}/api"


def test_fixture_fails_the_test_with_the_report(verify_chat_app: Callable[..., Any]) -> None:
    app = Flask("x")
    app.add_url_rule("/v1/chat", "chat", lambda: {"message": 5}, methods=["POST"])
    with pytest.raises(pytest.fail.Exception, match=r"VIOLATES  .*\nViolated clauses: "):
        verify_chat_app(app, quick=True)
