"""The frame of commands: exit codes, failure messages, tracebacks, common options and colour."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from chat_contract import KitError
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import Command, Group, current_frame

KEY = "sk-live-0123456789"


def run(body: Callable[[], object], *arguments: str, cannot: str | None = None, color: bool = False) -> Result:
    """Run a command with this body."""
    command = Command("check", callback=body, cannot=cannot)
    return CliRunner().invoke(command, arguments, prog_name="chat-contract check", color=color)


def raising(error: BaseException) -> Callable[[], object]:
    def body() -> object:
        raise error

    return body


@pytest.mark.parametrize(
    ("returned", "expected"), [(ExitCode.OK, 0), (ExitCode.FINDINGS, 1), (ExitCode.CANNOT_RUN, 2), (None, 0)]
)
def test_returned_exit_code_is_the_exit_code(returned: object, expected: int) -> None:
    assert run(lambda: returned).exit_code == expected


@pytest.mark.parametrize(("code", "expected"), [(1, 1), (ExitCode.FINDINGS, 1), (None, 0)])
def test_sys_exit_in_a_command_sets_the_exit_code(code: int | None, expected: int) -> None:
    assert run(raising(SystemExit(code))).exit_code == expected


def test_sys_exit_with_a_text_is_a_failure() -> None:
    result = run(raising(SystemExit("no")))
    assert (result.exit_code, result.stderr) == (2, "chat-contract check: no\n")


def test_kit_error_is_one_message_and_exit_code_2() -> None:
    result = run(raising(KitError("no connection\n  hint:  start the server")), cannot="verify")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "cannot verify: no connection\n  hint:  start the server\n"


def test_message_of_a_command_without_prefix_begins_with_its_name() -> None:
    assert run(raising(KitError("port is taken"))).stderr == "chat-contract check: port is taken\n"


def test_error_while_options_are_read_has_the_prefix_of_the_command() -> None:
    @click.command(cls=Command, cannot="compare")
    @click.option("--x", callback=lambda *_: raising(KitError("bad x"))())
    def compare() -> None: ...

    assert CliRunner().invoke(compare, ["--x", "1"]).stderr == "cannot compare: bad x\n"


def test_internal_error_is_one_line_with_a_hint_and_exit_code_70() -> None:
    result = run(raising(TypeError("can only\nconcatenate str")))
    assert (result.exit_code, result.stdout) == (70, "")
    assert result.stderr.splitlines() == [
        "chat-contract: internal error: TypeError: can only concatenate str",
        "Run again with --debug to see the traceback.",
    ]


def test_internal_error_without_text_is_named_by_its_type() -> None:
    assert run(raising(KeyError())).stderr.splitlines()[0] == "chat-contract: internal error: KeyError"


def test_debug_shows_the_traceback() -> None:
    result = run(raising(TypeError("wrong")), "--debug")
    assert result.exit_code == 70
    assert "Traceback (most recent call last)" in result.stderr
    assert "test_frame.py" in result.stderr
    assert result.stderr.splitlines()[-1] == "chat-contract: internal error: TypeError: wrong"


@pytest.mark.parametrize("error", [KitError(f"refused {KEY}"), TypeError(f"bad {KEY}"), OSError(5, f"io {KEY}")])
def test_no_message_or_traceback_contains_a_secret(error: Exception) -> None:
    def body() -> object:
        current_frame().redact = lambda text: text.replace(KEY, "***")
        raise error

    result = run(body, "--debug")
    assert KEY not in result.output
    assert "***" in result.stderr


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_interrupt_exits_with_2(error: BaseException) -> None:
    result = run(raising(error))
    assert result.exit_code == 2
    assert "chat-contract: interrupted" in result.stderr


def test_closed_output_exits_with_2() -> None:
    result = run(raising(BrokenPipeError(errno.EPIPE, "Broken pipe")), cannot="compare")
    assert (result.exit_code, result.stderr) == (2, "cannot compare: Broken pipe\n")


def test_full_disk_names_the_file() -> None:
    result = run(raising(OSError(errno.ENOSPC, "No space left on device", "report.json")), cannot="compare")
    assert (result.exit_code, result.stderr) == (2, "cannot compare: No space left on device: report.json\n")


def test_error_that_carries_no_text_is_named_by_its_type() -> None:
    assert run(raising(OSError())).stderr.strip() == "chat-contract check: OSError"


def test_wrong_usage_exits_with_2_even_if_click_says_1() -> None:
    result = run(raising(click.FileError("x.json", "unreadable")))
    assert (result.exit_code, "x.json" in result.stderr) == (2, True)


def remarks() -> None:
    current_frame().note("note")
    current_frame().detail("detail")
    current_frame().report("report")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "note\n"),
        (("-q",), ""),
        (("--quiet",), ""),
        (("-v",), "note\ndetail\n"),
        (("--verbose",), "note\ndetail\n"),
    ],
)
def test_quiet_hides_notes_and_verbose_adds_details(options: tuple[str, ...], expected: str) -> None:
    result = run(remarks, *options)
    remarks_shown = "".join(line for line in result.stderr.splitlines(keepends=True) if "finished" not in line)
    assert (result.stdout, remarks_shown) == ("report\n", expected)


def test_quiet_shows_failures() -> None:
    assert run(raising(KitError("no")), "-q").stderr == "chat-contract check: no\n"


@pytest.mark.parametrize(
    ("options", "variables", "colored"),
    [((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False), ((), {"NO_COLOR": ""}, True)],
)
def test_failures_are_coloured_in_terminals_unless_turned_off(
    options: tuple[str, ...], variables: dict[str, str], colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = run(raising(KitError("no")), *options, color=True)
    assert ("\x1b[31m" in result.stderr) is colored
    assert "no" in result.stderr


def test_options_of_a_group_hold_for_its_commands() -> None:
    group = Group("group", commands=[Command("check", callback=remarks)])
    for arguments in (["-q", "check"], ["check", "-q"]):
        assert CliRunner().invoke(group, arguments).stderr == ""


def test_help_lists_own_options_before_common_ones() -> None:
    command = Command("check", params=[click.Option(["--own"], help="Own.")], callback=remarks)
    shown = CliRunner().invoke(command, ["--help"]).stdout
    assert shown.index("--own") < shown.index("Common options:") < shown.index("--debug") < shown.index("--help")


def test_caches_go_to_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def body() -> None:
        import os

        click.echo(os.environ["HYPOTHESIS_STORAGE_DIRECTORY"])

    assert run(body).stdout == f"{tmp_path / 'chat-contract'}\n"


def test_verbose_shows_options_with_their_source_but_no_secret() -> None:
    options = [
        click.Option(["--seed"]),
        click.Option(["--other"], default="x"),
        click.Option(["--require-key"]),
        click.Option(["--store"]),
    ]
    command = Command("check", params=options, callback=lambda **_: None)
    shown = (
        CliRunner()
        .invoke(
            command,
            ["-v", "--require-key", KEY, "--store", f"redis://:{KEY}@host"],
            env={"CHECK_SEED": "7"},
            auto_envvar_prefix="CHECK",
        )
        .stderr
    )
    assert "--seed: 7 (environment variable)\n--require-key: … (command line)\n" in shown
    assert "--store: redis://…@host (command line)\n" in shown
    assert KEY not in shown
    assert "finished after 0." in shown
    assert "other" not in shown


def test_quiet_prints_no_default_report_but_requested_ones() -> None:
    def body() -> None:
        current_frame().summary("default")
        current_frame().report(str(current_frame().default_report))

    assert run(body).stdout == "default\ntext\n"
    assert run(body, "-q").stdout == "None\n"


@pytest.mark.parametrize(("verdict", "code"), [(ExitCode.OK, 32), (ExitCode.FINDINGS, 31), (ExitCode.CANNOT_RUN, 33)])
def test_first_line_of_a_report_has_the_colour_of_the_verdict(verdict: ExitCode, code: int) -> None:
    def body() -> None:
        current_frame().report("VERDICT\ndetails", verdict)

    assert run(body, color=True).stdout == f"\x1b[{code}m\x1b[1mVERDICT\x1b[0m\ndetails\n"
    assert run(body, "--no-color", color=True).stdout == "VERDICT\ndetails\n"
    assert run(body).stdout == "VERDICT\ndetails\n"
