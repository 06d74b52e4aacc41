"""``chat-contract``: one module a command, each imported only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from chat_contract.version import __version__
from kit_cli.exit_codes import CANNOT_JUDGE

_COMMANDS = {
    "diff": ("kit_cli.commands.diff", "Judge a change of the contract.", "gate"),
    "fixtures": ("kit_cli.commands.fixtures", "Check, list and begin fixtures of the mock.", None),
    "mock": ("kit_cli.commands.mock", "Serve a mock of the chat service.", None),
    "parity": ("kit_cli.commands.parity", "Show where two servers answer differently.", "suite"),
    "record": ("kit_cli.commands.record", "Write down what the real service says.", "suite"),
    "report": ("kit_cli.commands.report", "Join the reports of several runs.", "suite"),
    "verify": ("kit_cli.commands.verify", "Judge whether a server keeps the contract.", "suite"),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module_name, _, extra = _COMMANDS[cmd_name]
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if extra is None or (error.name or "").partition(".")[0] in _OURS:
                raise
            click.echo(
                f"chat-contract {cmd_name} needs {error.name}, which is not installed: "
                f"pip install 'chat-contract[{extra}]'",
                err=True,
            )
            sys.exit(CANNOT_JUDGE)
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(ctx)])


_OURS = frozenset(
    {"chat_contract", "mock_server", "chat_mock", "chat_verifier", "kit_cli", "kit_http", "kit_reports", "spec_gate"}
)


@click.command(cls=_Commands, context_settings={"auto_envvar_prefix": "CHAT_CONTRACT", "max_content_width": 110})
@click.version_option(__version__, prog_name="chat-contract")
def cli() -> None:
    """Prove that a chat service does what its documents say.

    Every option can also be set by a variable: --seed of verify by CHAT_CONTRACT_VERIFY_SEED, and so on.
    """


def run() -> None:
    """Run the command line; the entry point of the installed script."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        # Not 1: an interrupted run has found nothing.
        click.echo("interrupted", err=True)
        sys.exit(CANNOT_JUDGE)
