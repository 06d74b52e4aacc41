"""``chat-contract completion``: prints a script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from kit_cli.exit_codes import ExitCode
from kit_cli.frame import COMPLETION_VARIABLE, PROGRAM, Command


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> ExitCode:
    """Print a script that completes commands and options in bash, zsh or fish.

    \b
    bash: add to ~/.bashrc:  eval "$(chat-contract completion bash)"
    zsh:  add to ~/.zshrc:   eval "$(chat-contract completion zsh)"
    fish: add to ~/.config/fish/config.fish:  chat-contract completion fish | source

    Exit codes: 0 (printed), 2 (unknown shell).
    """  # noqa: D301 - click reads the backspace
    writer = get_completion_class(shell)
    assert writer is not None
    # The script names the program; nothing is completed here, so any command serves.
    click.echo(writer(click.Command(None), {}, PROGRAM, COMPLETION_VARIABLE).source())
    return ExitCode.OK
