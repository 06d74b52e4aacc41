"""The texts that people read, collected from the source: messages, hints, help, docstrings, comments and documents."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click

from kit_cli.main import cli
from tests.support.paths import ROOT

PRODUCTS = (
    *("chat_contract", "chat_verifier", "mock_server", "chat_mock", "chat_load", "spec_gate"),
    *("kit_http", "kit_options", "kit_reports", "kit_cli", "contract_tests"),
)
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "fixtures/README.md",
)
_DOCUMENTS = (
    *("openapi/**/*.yaml", "docs/**/*.md", "ci/**/*.yml", ".github/**/*.yml", "*.yml", "*.yaml", "Makefile"),
    *("examples/README.md", "examples/*/README.md", "packages/*/src/*.js"),
)
_TEMPLATES = ("**/*.html", "**/*.js", "**/*.css")


def modules(package: str) -> list[Path]:
    """Return the modules of a package, sorted by path."""
    return sorted((ROOT / package).rglob("*.py"))


def messages(path: Path) -> Iterator[str]:
    """Yield each string of a module that reads like a message, in the order of the source: two words or more.

    Docstrings are left out. A placeholder of an f-string appears as ``{…}``.
    """
    tree = ast.parse(path.read_text("utf-8"))
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.Constant)]
    skipped = _docstrings(tree) | {part for node in strings if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in sorted(strings, key=lambda node: (node.lineno, node.col_offset)):
        text = "" if node in skipped else _text_of(node)
        if _reads_like_a_message(text):
            yield text


def _text_of(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{…}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


def _reads_like_a_message(text: str) -> bool:
    words = text.split()
    return len(words) > 1 and any(word.isalpha() and word.islower() and len(word) > 1 for word in words)


def docstrings(path: Path) -> Iterator[str]:
    """Yield the docstrings of a module and of everything in it, attributes included."""
    for node in _docstrings(ast.parse(path.read_text("utf-8"))):
        yield str(node.value)


def _docstrings(tree: ast.AST) -> set[ast.Constant]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def comments(path: Path) -> Iterator[str]:
    """Yield the comments of a module."""
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def documents() -> list[Path]:
    """Return the pages, OpenAPI documents, templates and CI files, sorted by path."""
    found = [ROOT / page for page in PAGES]
    found += [path for pattern in _DOCUMENTS for path in ROOT.glob(pattern)]
    found += [path for package in PRODUCTS for pattern in _TEMPLATES for path in (ROOT / package).glob(pattern)]
    return sorted(set(found))


def helps() -> Iterator[tuple[str, str]]:
    """Yield each command with its help, those inside a group included."""
    for context in commands():
        yield context.command_path, context.command.get_help(context)


def commands() -> Iterator[click.Context]:
    """Yield the context of each command, those inside a group included."""
    yield from _commands(click.Context(cli, info_name="chat-contract", **cli.context_settings))


def _commands(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            inner = context.command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _commands(click.Context(inner, info_name=name, parent=context))
