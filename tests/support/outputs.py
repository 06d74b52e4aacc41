"""The output in the documents: commands run, and their output is compared with the page or written into it.

python -m tests.support.outputs          prints what differs
python -m tests.support.outputs --write  writes the output into the pages

Comments before a block say what happens with it::

    <!-- run -->                  run the commands after "$" in the folder of the page, which is empty at first
    <!-- run in the checkout -->  run them in a folder with links to all that the checkout contains
    <!-- file: main.py -->        write the block to a file in the folder of the page
    <!-- not run: REASON -->      leave the block as it is

Every block of output has one of these comments; pages of ``tests.support.reference`` need none.

A line "…" stands for any lines. Times, dates, ids and how often a violation was seen may differ.
The ports in a page are replaced by free ones; port 4010 is that of one mock, which all pages share and which is reset
before each page. A command that ends with "&", and ``chat-contract mock``, runs until the page ends; its output ends
with the first line that has a URL. ``cat`` waits for what a server has yet to write.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from testbed.ports import free_port
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

SECONDS = 240
MOCK_PORT = "4010"
_BLOCK = re.compile(
    r"^<!-- (run|run in the checkout|file: [\w./-]+) -->\n+```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
_PORT = re.compile(r"(?<=[:= ])(4\d{3}|80\d\d)\b(?=[/\s\"']|$)")
_MASKS = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d+(?:\.\d+)? ?(?:ms|s|seconds)\b(?: \(\d+:\d\d:\d\d\))?"), "<time>"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "<date>"),
    (re.compile(r"\bseen \d+ times\b"), "seen <n> times"),
    (re.compile(r"^\d\d:\d\d:\d\d(?= )", re.MULTILINE), "<clock>"),
    (re.compile(r'"pid": ?\d+'), '"pid": <id>'),
    (re.compile(r"(?<=127\.0\.0\.1:)\d{5}\b"), "<port>"),
)
_ANY = "…"
_OUTPUT = re.compile(r"(?:^(<!-- (?:run|file:|not run: \w).*-->)\n+)?^ *```(?:console|text)\n(.*)", re.MULTILINE)


def pages() -> list[str]:
    """Return the pages with commands to run."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [str(file.relative_to(ROOT)) for file in files if _BLOCK.search(file.read_text("utf-8"))]


def unmarked_outputs(text: str) -> list[str]:
    """Return the first line of each block of output that is neither run nor says why not."""
    return [line for mark, line in _OUTPUT.findall(text) if not mark]


@dataclass
class Ports:
    """The free ports that stand in for the ports in the pages."""

    free: dict[str, str] = field(default_factory=dict)

    def hide(self, text: str) -> str:
        """Replace the ports of the page with free ones."""
        return _PORT.sub(lambda found: self._free(found[1]), text)

    def show(self, text: str) -> str:
        """Replace the free ports with those of the page."""
        for shown, free in self.free.items():
            text = re.sub(rf"\b{free}\b", shown, text)
        return text

    def _free(self, shown: str) -> str:
        return self.free.setdefault(shown, str(free_port()))


@dataclass(frozen=True)
class Shared:
    """What all pages share: the port of the mock."""

    mock: str

    def reset(self) -> None:
        """Delete what other pages left in the mock."""
        httpx.post(f"http://127.0.0.1:{self.mock}/_mock/reset", timeout=SECONDS).raise_for_status()


@contextmanager
def shared_mock() -> Iterator[Shared]:
    """Serve one mock for all pages."""
    port = str(free_port())
    with _background(["chat-contract", "mock", "--port", port], ROOT, {}) as started:
        assert "Mock ready" in started, started
        yield Shared(port)


def renewed(page: str, shared: Shared) -> str:
    """Run the commands of a page; return its text with their output. Output that agrees stays as it is."""
    shared.reset()
    ports = Ports({MOCK_PORT: shared.mock})
    with ExitStack() as stack:
        own = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="page-")))
        checkout = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="page-")))
        _link_the_checkout(checkout)

        def renew(block: re.Match[str]) -> str:
            what, content = block[1], block[2]
            if what.startswith("file: "):
                file = own / what.removeprefix("file: ")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(ports.hide(content), "utf-8")
                return block[0]
            folder = own if what == "run" else checkout
            return block[0].replace(content, _renew_session(content, folder, ports, stack))

        return _BLOCK.sub(renew, (ROOT / page).read_text("utf-8"))


def _link_the_checkout(folder: Path) -> None:
    for path in ROOT.iterdir():
        if not path.name.startswith("."):
            (folder / path.name).symlink_to(path)


def _renew_session(content: str, folder: Path, ports: Ports, stack: ExitStack) -> str:
    """Run the commands of one block and return the block with their output."""
    parts = []
    for part in re.split(r"^(?=\$ )", content, flags=re.MULTILINE):
        if not part:
            continue
        command = re.match(r"\$ ((?:.*\\\n)*.*\n)", part)
        assert command, f"expected a command after $: {part}"
        old = part.removeprefix(command[0])
        printed = _printed(command[1], old, folder, ports, stack)
        parts.append(command[0] + (old if agree(old, printed) else shortened(old, printed)))
    return "".join(parts)


def _printed(command: str, shown: str, folder: Path, ports: Ports, stack: ExitStack) -> str:
    """Return the output of a command as a page shows it; repeat ``cat`` until the file holds what the page shows."""
    end = time.monotonic() + (PATIENCE / 4 if command.startswith("cat ") else 0)
    while True:
        printed = ports.show(_output(ports.hide(command), folder, ports, stack)).replace(f"{ROOT}/", "")
        if agree(shown, printed) or time.monotonic() >= end:
            return printed
        time.sleep(0.2)


def _output(command: str, folder: Path, ports: Ports, stack: ExitStack) -> str:
    if command.rstrip().endswith("&"):
        arguments = ["bash", "-c", "exec " + command.rstrip().removesuffix("&")]
        return stack.enter_context(_background(arguments, folder, {}))
    if re.match(r"chat-contract (mock|record)\b", command):
        variables = {"CHAT_CONTRACT_MOCK_PORT": ports.hide(" 4011").strip()}
        with _background(["bash", "-c", f"exec {command}"], folder, variables) as started:
            return re.sub(rf"\b{variables['CHAT_CONTRACT_MOCK_PORT']}\b", MOCK_PORT, started)
    patient = {"CHAT_CONTRACT_VERIFY_TIMEOUT": str(SECONDS)} if " verify " in command else {}
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=folder, env=_environment(patient), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    # Progress, which depends on the speed of the machine, goes to standard error.
    printed = ended.stdout or ended.stderr
    return printed if not printed or printed.endswith("\n") else f"{printed}\n"


@contextmanager
def _background(arguments: list[str], folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Start a server; yield what it printed up to the first line with a URL."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            arguments, cwd=folder, env=_environment(variables), stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        try:
            yield _until_ready(log.fileno(), process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(SECONDS)


def _until_ready(descriptor: int, process: subprocess.Popen[str]) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        printed = os.pread(descriptor, 1 << 20, 0).decode("utf-8", "replace")
        lines = printed.splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            if "http://" in line and line.endswith("\n"):
                return "".join(lines[:number])
        assert process.poll() is None, f"the server ended: {printed}"
        time.sleep(0.05)
    raise AssertionError(f"no URL after {SECONDS} s")


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHAT_", "PYTEST_"))}
    return {**kept, "PATH": path, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **variables}


def agree(shown: str, printed: str) -> bool:
    """Say whether the output in a page is that of the command, apart from times, dates, ids and what "…" leaves out."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == _ANY else re.escape(line) for line in _masked(shown))
    return re.fullmatch(pattern, "".join(_masked(printed))) is not None


def _masked(text: str) -> list[str]:
    for mask, name in _MASKS:
        text = mask.sub(name, text)
    return text.splitlines(keepends=True)


def shortened(shown: str, printed: str) -> str:
    """Return the parts of the new output that the page showed of the old one, with "…" between them.

    They are as many lines as before: at the beginning, at the end, and between them from the line with which a part
    began. A part whose first line is gone is left out.
    """
    parts = re.split(rf"^ *{_ANY}\n", shown, flags=re.MULTILINE)
    if len(parts) == 1:
        return printed
    first, *between, last = parts
    lines, found = printed.splitlines(keepends=True), _masked(printed)
    at, end = first.count("\n"), len(lines) - last.count("\n")
    if at >= end:
        return printed
    kept = ["".join(lines[:at])]
    for part in between:
        begin = _masked(part)[:1]
        if begin and begin[0] in found[at:end]:
            start = found.index(begin[0], at, end)
            at = min(start + part.count("\n"), end)
            kept.append("".join(lines[start:at]))
    return f"{_ANY}\n".join([*kept, "".join(lines[end:])])


def main(arguments: list[str] | None = None, say: Callable[[str], None] = print) -> int:
    """Run the commands of all pages, or of those that are named."""
    parser = argparse.ArgumentParser(description="Run the commands of the documents.")
    parser.add_argument("--write", action="store_true", help="write their output into the pages")
    parser.add_argument("pages", nargs="*", help="pages, such as README.md; all by default")
    options = parser.parse_args(arguments)
    stale = []
    with shared_mock() as shared:
        for page in options.pages or pages():
            text = renewed(page, shared)
            if text != (ROOT / page).read_text("utf-8"):
                stale.append(page)
                if options.write:
                    (ROOT / page).write_text(text, "utf-8")
    for page in stale:
        say(f"{page}: {'written' if options.write else 'differs from the output of its commands'}")
    return 1 if stale and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
