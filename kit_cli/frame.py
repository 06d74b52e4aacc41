"""The frame that every command runs in: common options, failure messages and exit codes.

A command raises :class:`chat_contract.KitError` and catches nothing; the frame prints the message and exits with 2::

    @click.command(cls=Command, cannot="verify")        # prefix of messages: "cannot verify: …"
    def verify(base_url: str, **given: Any) -> ExitCode:
        frame = current_frame()
        frame.redact = secrets.hide                      # applied to messages and tracebacks from here on
        frame.detail("…")                                # to standard error with --verbose
        return ExitCode.OK

Without ``cannot`` the prefix is the command's full name, for example ``chat-contract mock: …``.
"""

from __future__ import annotations

import io
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from chat_contract.errors import KitError, MissingPackageError, without_credentials
from kit_cli.exit_codes import ExitCode
from kit_cli.streams import flush_or_discard, prepare_streams

PROGRAM = "chat-contract"
COMPLETION_VARIABLE = "_CHAT_CONTRACT_COMPLETE"
"""Set by the shell while it completes a command line."""
_PLACES: dict[ParameterSource | None, str] = {
    ParameterSource.COMMANDLINE: "command line",
    ParameterSource.ENVIRONMENT: "environment variable",
    ParameterSource.DEFAULT_MAP: "configuration file",
}
_COLORS = {ExitCode.OK: "green", ExitCode.FINDINGS: "red", ExitCode.CANNOT_RUN: "yellow"}
MAY_BE_SECRET = re.compile("header|key|token|proxy")


def _color_from_environment() -> bool | None:
    """Return False if NO_COLOR is set (see no-color.org), else None: colour in terminals only."""
    return False if os.environ.get("NO_COLOR") else None


@dataclass
class Frame:
    """State of one run of the command line."""

    prefix: str = PROGRAM
    """What failure messages begin with."""
    redact: Callable[[str], str] = str
    """Removes credentials from a message."""
    color: bool | None = field(default_factory=_color_from_environment)
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def note(self, text: str) -> None:
        """Print progress or a remark to standard error, unless ``--quiet`` is given."""
        if not self.quiet:
            self._note(text)

    def detail(self, text: str) -> None:
        """Print a detail to standard error if ``--verbose`` is given."""
        if self.verbose:
            self._note(text)

    @property
    def default_report(self) -> str | None:
        """Return the format of the report that is printed without ``--report``; None with ``--quiet``."""
        return None if self.quiet else "text"

    def report(self, text: str, verdict: ExitCode | None = None) -> None:
        """Print a report to standard output; with a verdict, its first line in the colour of the verdict."""
        from kit_reports.visible import visible_text  # noqa: PLC0415 - help does without it

        text = visible_text(text)
        if verdict is not None:
            first, newline, rest = text.partition("\n")
            text = click.style(first, fg=_COLORS[verdict], bold=True) + newline + rest
        click.echo(text, nl=not text.endswith("\n"), color=self.color)

    def summary(self, text: str, verdict: ExitCode | None = None) -> None:
        """Print to standard output what nobody requested explicitly, unless ``--quiet`` is given."""
        if not self.quiet:
            self.report(text, verdict)

    def fail(self, problem: object, *, prefix: str | None = None) -> None:
        """Print why the command cannot do its work, with its prefix and without credentials."""
        heading = click.style(f"{prefix or self.prefix}:", fg="red", bold=True)
        from kit_reports.visible import visible  # noqa: PLC0415 - help does without it

        lines = map(visible, self.without_secrets(str(problem)).split("\n"))
        self._print_error(f"{heading} " + "\n".join(lines))

    def _note(self, text: str) -> None:
        from kit_reports.visible import visible_text  # noqa: PLC0415 - help does without it

        self._print_error(self.without_secrets(visible_text(text)))

    def without_secrets(self, text: str) -> str:
        """Return a text without the secrets of the run, and without those in URLs that it repeats."""
        return without_credentials(self.redact(text))

    def _print_error(self, text: str) -> None:
        click.echo(text, err=True, color=self.color)


def current_frame() -> Frame:
    """Return the frame of the running command."""
    return click.get_current_context().ensure_object(Frame)


def _common_option(*names: str, help: str, **changes: Any) -> click.Option:  # noqa: A002 - click's name
    """Make an option that changes the frame and is not handed to the command."""

    def change(ctx: click.Context, _: click.Parameter, given: bool) -> None:  # noqa: FBT001 - click's signature
        if given:
            frame = ctx.ensure_object(Frame)
            for name, value in changes.items():
                setattr(frame, name, value)
            ctx.color = frame.color

    return click.Option(names, is_flag=True, expose_value=False, is_eager=True, callback=change, help=help)


COMMON_OPTIONS: tuple[click.Option, ...] = (
    _common_option("-q", "--quiet", quiet=True, help="Print errors and requested reports only."),
    _common_option("-v", "--verbose", verbose=True, help="Print the options in effect and the duration."),
    _common_option("--no-color", color=False, help="Print without colour."),
    _common_option("--debug", debug=True, help="Print the traceback of an internal error."),
)


class _Framed(click.Command):
    """A command or a group that runs in a frame and has the common options."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.params = [*self.params, *COMMON_OPTIONS]
        # click keeps the help option of the first context, which may be one of the command alone.
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])

    def main(  # type: ignore[override]  # never returns, unlike click's
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **settings: Any
    ) -> NoReturn:
        """Run the command and exit: the only place where errors become messages and exit codes.

        click's own ``main`` exits with 1 when the output is closed, but 1 is a verdict.
        """
        name = prog_name or PROGRAM
        instruction = os.environ.get(COMPLETION_VARIABLE)
        if instruction:
            from click.shell_completion import shell_complete  # noqa: PLC0415 - only a shell needs it

            sys.exit(shell_complete(self, settings, name, COMPLETION_VARIABLE, instruction))

        def call(frame: Frame) -> object:
            arguments = sys.argv[1:] if args is None else list(args)
            with self.make_context(name, arguments, obj=frame, **settings) as context:
                return self.invoke(context)

        sys.exit(_run(call))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then the common ones."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        common = [option for option in options if option in COMMON_OPTIONS or "--help" in option.opts]
        _write_options(ctx, formatter, "Options", [option for option in options if option not in common])
        _write_options(ctx, formatter, "Common options", common)


def _write_options(
    ctx: click.Context, formatter: click.HelpFormatter, title: str, options: Sequence[click.Option]
) -> None:
    records = [record for option in options if (record := option.get_help_record(ctx)) is not None]
    if records:
        with formatter.section(title):
            formatter.write_dl(records)


class Command(_Framed):
    """A command; ``cannot`` names what has failed in its messages."""

    def __init__(self, *arguments: Any, cannot: str | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.cannot = cannot

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Set the prefix of failure messages before options are read."""
        path = ctx.command_path if ctx.command_path.startswith(PROGRAM) else f"{PROGRAM} {ctx.command_path}"
        ctx.ensure_object(Frame).prefix = path if self.cannot is None else f"cannot {self.cannot}"
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command with its caches outside the working directory."""
        from kit_cli.cache import use_cache_folder  # noqa: PLC0415 - help does without it

        use_cache_folder()
        frame = ctx.ensure_object(Frame)
        for line in _given_options(ctx) if frame.verbose else ():
            frame.detail(line)
        began = time.monotonic()
        try:
            return super().invoke(ctx)
        finally:
            frame.detail(f"finished after {time.monotonic() - began:.1f} s")


def _given_options(ctx: click.Context) -> Iterator[str]:
    """Yield the options that are set, and where. Values that may contain a secret are hidden."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        place = _PLACES.get(ctx.get_parameter_source(name))
        if not place or name not in ctx.params or not isinstance(parameter, click.Option):
            continue
        if _is_given(parameter, ctx.params[name]):
            value = "…" if MAY_BE_SECRET.search(name) else without_credentials(str(ctx.params[name]))
            yield f"{parameter.opts[-1]}: {value} ({place})"


def _is_given(option: click.Option, value: object) -> bool:
    """Return whether the option can have the value: of several flags for one parameter, one has it."""
    return not option.is_flag or option.is_bool_flag or option.flag_value == value


class Group(_Framed, click.Group):
    """A command that has subcommands."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the subcommands, then the options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)


def _run(call: Callable[[Frame], object]) -> int:
    """Run a command in a new frame and return the exit code."""
    frame = Frame()
    prepare_streams()
    code = ExitCode.CANNOT_RUN
    try:
        return _completed(call, frame)
    except click.ClickException as error:
        written = io.StringIO()
        error.show(written)
        click.echo(frame.without_secrets(written.getvalue()), err=True, nl=False)
    except (click.Abort, KeyboardInterrupt, EOFError):
        # Not 1: an interrupted run has no verdict.
        frame.fail("interrupted", prefix=PROGRAM)
    except MissingPackageError as error:
        from kit_cli.installation import installation  # noqa: PLC0415 - only for a message

        frame.fail(f"{error.problem} {installation().advice(error.extra)}")
    except KitError as error:
        frame.fail(error)
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        frame.fail(f"{reason}: {error.filename}" if error.filename else reason)
    except Exception as error:  # noqa: BLE001 - the outermost handler: exit codes 0 and 1 are verdicts
        _report_internal_error(error, frame)
        code = ExitCode.INTERNAL_ERROR
    flush_or_discard()
    return code


def _completed(call: Callable[[Frame], object], frame: Frame) -> int:
    """Return the exit code of a command that ends without an error, with its output written."""
    try:
        code = call(frame)
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except SystemExit as ended:
        if isinstance(ended.code, str):
            raise KitError(ended.code) from None
        code = ended.code
    if sys.stdout is not None:
        sys.stdout.flush()
    return code if isinstance(code, int) else ExitCode.OK


def _report_internal_error(error: Exception, frame: Frame) -> None:
    """Print one line for a bug in the kit and how to see the traceback, or the traceback with ``--debug``."""
    if frame.debug:
        import traceback  # noqa: PLC0415 - needed only here

        click.echo(frame.redact("".join(traceback.format_exception(error))), err=True, nl=False)
    message = " ".join(str(error).split())
    frame.fail(f"internal error: {type(error).__name__}: {message}".removesuffix(": "), prefix=PROGRAM)
    if not frame.debug:
        click.echo("Run again with --debug to see the traceback.", err=True)
