"""``chat-contract``: a table of commands, each imported only when it is called."""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from chat_contract.errors import MissingPackageError
from chat_contract.version import __version__
from kit_cli.frame import Group


@dataclass(frozen=True)
class _Entry:
    """A command: its module, its line in the help, and the extra that installs what it needs."""

    module: str
    help: str
    extra: str | None = None


_COMMANDS = {
    "config": _Entry("kit_cli.commands.config", "Show the options that a file or the environment sets."),
    "completion": _Entry("kit_cli.commands.completion", "Print a shell completion script."),
    "diff": _Entry("kit_cli.commands.diff", "Find breaking changes between two OpenAPI documents.", "gate"),
    "doctor": _Entry("kit_cli.commands.doctor", "Check that the kit can work on this machine."),
    "explain": _Entry("kit_cli.commands.explain", "Explain a clause of the contract."),
    "fixtures": _Entry("kit_cli.commands.fixtures", "Check, list and create fixtures of the mock server."),
    "judge": _Entry("kit_cli.commands.judge", "Check recorded traffic against the contract.", "suite"),
    "load": _Entry("kit_cli.commands.load", "Put load on a server and judge its responses.", "load"),
    "mcp": _Entry("kit_cli.commands.mcp", "Serve the kit as tools for a language model.", "mcp"),
    "mock": _Entry("kit_cli.commands.mock", "Serve a mock of the chat service."),
    "parity": _Entry("kit_cli.commands.parity", "Compare the responses of two servers.", "suite"),
    "record": _Entry("kit_cli.commands.record", "Record exchanges with a real service as fixtures."),
    "report": _Entry("kit_cli.commands.report", "Convert the JSON report of a verify run.", "suite"),
    "schema": _Entry("kit_cli.commands.schema", "Print the JSON Schema of a file.", "suite"),
    "verify": _Entry("kit_cli.commands.verify", "Verify that a server follows the contract.", "suite"),
}
CONFIG_FILES = (".chat-contract.toml", "pyproject.toml")
_WITHOUT_CONFIG = frozenset({"completion", "config", "doctor", "schema"})
_OWN_PACKAGES = frozenset(
    {
        *("chat_contract", "mock_server", "chat_mock", "chat_verifier", "chat_load", "kit_cli"),
        *("kit_http", "kit_options", "kit_reports", "spec_gate"),
    }
)


class _CommandTable(Group):
    """The commands of the table, without importing them to list them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command; raises :class:`MissingPackageError` if a package that it needs is not installed."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            module = importlib.import_module(entry.module)
        except ModuleNotFoundError as error:
            raise missing_package(cmd_name, error) from None
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; raises :class:`MissingPackageError` if a package that it needs is not installed."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise missing_package(ctx.invoked_subcommand or "", error) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; the error for an unknown one suggests similar names."""
        name = args[0]
        if not name.startswith("-") and name not in _COMMANDS:
            near = difflib.get_close_matches(name, _COMMANDS)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise click.UsageError(f"No such command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name].help) for name in self.list_commands(ctx)])


def missing_package(command: str, error: ModuleNotFoundError) -> Exception:
    """Return what to raise for a failed import: a hint to install an extra, or the error itself if it is a bug."""
    entry = _COMMANDS.get(command)
    if entry is None or entry.extra is None or (error.name or "").partition(".")[0] in _OWN_PACKAGES:
        return error
    return MissingPackageError(command, error.name, entry.extra)


@click.command(
    cls=_CommandTable,
    context_settings={
        "auto_envvar_prefix": "CHAT_CONTRACT",
        "max_content_width": 110,
    },
)
@click.version_option(__version__, prog_name="chat-contract")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read options from this file, instead of .chat-contract.toml or pyproject.toml.",
)
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Contract, mock server, verifier and change gate for the chat service.

    Each option can also be set by an environment variable: CHAT_CONTRACT_VERIFY_SEED sets --seed of verify. Options can
    be set in .chat-contract.toml, or in [tool.chat-contract] of pyproject.toml.

    Exit codes: 0 (nothing found), 1 (violations, breaking changes or differences), 2 (the command cannot run), 70
    (internal error).
    """
    if ctx.invoked_subcommand not in _WITHOUT_CONFIG:
        ctx.default_map = _configured(config)


def _configured(given: Path | None) -> dict[str, Any] | None:
    """Return the values of the configuration file; None without one."""
    if given is None and not any(
        (parent / name).is_file() for parent in (Path.cwd(), *Path.cwd().parents) for name in CONFIG_FILES
    ):
        return None
    from kit_cli.config import default_map, find_config, read_config  # noqa: PLC0415 - most projects have no file

    file = find_config(Path.cwd()) if given is None else read_config(given)
    return None if file is None else default_map(file, all_commands())


def config_path() -> Path | None:
    """Return the value of ``--config``."""
    value = click.get_current_context().find_root().params.get("config")
    return value if isinstance(value, Path) else None


def all_commands() -> dict[str, click.Command]:
    """Import every command whose packages are installed."""
    found: dict[str, click.Command] = {}
    for name, entry in _COMMANDS.items():
        try:
            found[name] = getattr(importlib.import_module(entry.module), name)
        except ModuleNotFoundError as error:
            if missing_package(name, error) is error:
                raise
    return found


def run() -> None:
    """Run the command line. Entry point of the installed script."""
    cli.main()
