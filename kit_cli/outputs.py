"""Writes the outputs of a command: each one, even if another one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from chat_contract.errors import KitError, UsageError
from kit_cli.exit_codes import ExitCode
from kit_cli.frame import current_frame
from kit_cli.streams import discard_output
from kit_reports.targets import write_whole
from kit_reports.visible import visible_text


@dataclass(frozen=True)
class Output:
    """A text for a file, or for standard output if ``file`` is None. ``render`` returns the text.

    ``verdict`` colours the first line on a terminal. Characters that change what a reader sees become escapes.
    A text that is ``verbatim`` keeps them: the kit reads this file again, and its format has no such escapes.
    """

    file: Path | None
    render: Callable[[], str]
    verdict: ExitCode | None = None
    verbatim: bool = False


def write_outputs(outputs: Iterable[Output]) -> None:
    """Write all outputs; raises :class:`UsageError` at the end, with every output that could not be written."""
    problems = [problem for output in outputs if (problem := _write(output))]
    if problems:
        raise UsageError("\n".join(problems))


def _write(output: Output) -> str:
    """Write an output; return why that failed, or an empty string."""
    try:
        text = output.render() if output.verbatim else visible_text(output.render())
        if output.file is not None:
            write_whole(output.file, text)
        else:
            current_frame().report(text, output.verdict)
    except KitError as error:
        return str(error)
    except OSError as error:
        if output.file is None:
            discard_output()
        return f"cannot write {output.file or 'to standard output'}: {error.strerror or error}"
    return ""
