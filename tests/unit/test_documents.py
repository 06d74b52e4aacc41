"""The documents name commands, options and files that exist, and files keep to the rules of the project."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from chat_contract import __version__
from kit_cli.main import cli
from tests.conftest import REQUIRE_ALL, RequireProgram
from tests.support import reference, texts
from tests.support.outputs import unmarked_outputs
from tests.support.paths import ROOT
from tests.support.reference_exit_codes import codes_of

PAGES = (
    *texts.PAGES,
    "examples/README.md",
    "skills/chat-contract/SKILL.md",
    "llms.txt",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
)
COMMANDS = {name: cli.get_command(click.Context(cli), name) for name in cli.list_commands(click.Context(cli))}
MACHINE_PATH = re.compile(r"(?:^|[^A-Za-z0-9_.])/(?:work|root|farm|home/[a-z]+)/")


def project_files() -> list[Path]:
    """Return every file that is committed or will be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("no git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def shell_lines(page: str) -> list[str]:
    """Return the commands in a page's shell blocks: after ``$`` in a session, every line of a script."""
    lines = []
    for kind, block in re.findall(r"^ *```(console|sh|yaml)\n(.*?)^ *```", read(page), re.DOTALL | re.MULTILINE):
        whole = re.sub(r"\\\n\s*", "", block)
        starts = {"console": "$ ", "sh": "", "yaml": "  - run: "}[kind]
        lines += [
            line[len(starts) :].strip() for line in whole.splitlines() if line.startswith(starts) and line.strip()
        ]
    return lines


def arguments_of(line: str) -> list[str]:
    call = re.split(r" (?:\||2?> )", line[line.index("chat-contract ") :])[0].rstrip("& ")
    words = shlex.split(call, comments=True)[1:]
    return words[2:] if words[0] == "--config" else words


def calls(page: str) -> list[list[str]]:
    """Return the calls of ``chat-contract`` in a page's blocks."""
    return [arguments_of(line) for line in shell_lines(page) if re.search(r"(^|/)chat-contract ", line)]


def mentions(page: str) -> list[list[str]]:
    """Return the mentions of ``chat-contract`` in a page's text: a command and options, not always a whole call."""
    prose = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    return [arguments_of(mention) for mention in re.findall(r"`(chat-contract [^`]+)`", prose)]


def parameters_of(command: click.Command) -> list[click.Parameter]:
    """Return the parameters of a command and of the commands in a group."""
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [*command.params, *(parameter for each in inner for parameter in parameters_of(each))]


def parse(command: click.Command, name: str, arguments: list[str]) -> None:
    """Parse a command line without running it; a missing or unknown parameter is an error."""
    try:
        context = command.make_context(name, list(arguments))
    except SystemExit as ended:  # an option that prints something and ends the command, such as --explain
        if ended.code:
            raise
        return
    if isinstance(command, click.Group):
        inner, *rest = arguments
        parse(command.commands[inner], inner, rest)
    assert context.command is command


@pytest.mark.parametrize("page", PAGES)
def test_calls_of_the_command_line_parse(page: str) -> None:
    for name, *rest in calls(page):
        if name != "--version":
            parse(COMMANDS[name], name, rest)
    for name, *rest in mentions(page):
        if name == "--version":
            continue
        known = {option for parameter in parameters_of(COMMANDS[name]) for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known


def test_reference_names_every_command() -> None:
    assert {
        command for command in COMMANDS if f"## `chat-contract {command}`" not in reference.PAGES["commands"]()
    } == set()


@pytest.mark.parametrize("context", list(texts.commands()), ids=lambda context: context.command_path)
def test_help_of_each_command_states_its_exit_codes(context: click.Context) -> None:
    if not isinstance(context.command, click.Group):
        assert {"0", "2"} <= set(codes_of(context.command))


def test_exit_codes_are_read_from_the_help_of_a_command() -> None:
    command = click.Command("x", help="Do it.\n\nExit codes: 0 (done, or\n(almost) done), 130 and 143 (stopped).")
    assert codes_of(command) == {"0": "done, or (almost) done", "130": "stopped"}


def test_llms_txt_says_what_each_page_contains() -> None:
    listed = [line for line in reference.PAGES["llms.txt"]().splitlines() if line.startswith("- [")]
    assert [line for line in listed if not line.endswith(".") or ": You need" in line] == []


def test_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= 150


@pytest.mark.parametrize("name", reference.PAGES)
def test_generated_reference_is_up_to_date(name: str) -> None:
    written = reference.file_of(name).read_text("utf-8")
    assert reference.PAGES[name]() == written, "run python -m tests.support.reference"


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = {line.split()[1] for line in shell_lines(page) if line.startswith("make ")}
    assert named | set(re.findall(r"`make ([a-z-]+)", read(page))) <= targets


@pytest.mark.parametrize("page", [page for page in PAGES if Path(page).stem not in reference.PAGES])
def test_output_in_a_page_is_run_or_says_why_not(page: str) -> None:
    assert unmarked_outputs(read(page)) == []


def test_output_that_is_pasted_is_noticed() -> None:
    assert unmarked_outputs("Look:\n\n```text\n3 passed\n```\n") == ["3 passed"]
    assert unmarked_outputs("<!-- run -->\n\n```sh\nls\n```\n\n```console\n$ ls\n```\n") == ["$ ls"]
    assert unmarked_outputs("<!-- not run: -->\n\n```text\n3 passed\n```\n") == ["3 passed"]


def test_output_that_is_run_or_has_a_reason_is_accepted() -> None:
    assert unmarked_outputs("<!-- run in the checkout -->\n\n```console\n$ ls\n```\n") == []
    assert unmarked_outputs("<!-- not run: takes an hour -->\n\n```text\n3 passed\n```\n") == []


@pytest.mark.parametrize("page", PAGES)
def test_links_point_to_files(page: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", read(page)):
        if "://" not in target:
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_links_to_headings_lead_to_a_heading(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", read(page)):
        path = (ROOT / page).parent.joinpath(target) if target else ROOT / page
        assert anchor in headings(path.read_text("utf-8")), f"{page} links to {target}#{anchor}"


def test_every_page_is_within_two_clicks_of_the_readme() -> None:
    near = {"README.md"}
    for _ in range(2):
        near |= {linked for page in near for linked in linked_pages(page)}
    pages = {page for page in PAGES if page.startswith("docs/")}
    assert pages - near == set()


def linked_pages(page: str) -> set[str]:
    """Return the Markdown files of the project that a page links to."""
    folder = (ROOT / page).parent
    targets = re.findall(r"\]\(([^)#\s:]+\.md)", read(page))
    return {folder.joinpath(target).resolve().relative_to(ROOT).as_posix() for target in targets}


def headings(text: str) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; a page outside of the navigation or a broken link is an error."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", folder],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


def test_site_has_every_page(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not (site / page).is_file()} == set()


def test_site_loads_nothing_from_other_hosts(site: Path) -> None:
    loads = re.compile(r"(?:\bsrc=|<link [^>]*href=|@import |url\()[\"']?(?:https?:)?//[^\"' >]+")
    found = {
        f"{path.relative_to(site)}: {loaded}"
        for path in site.rglob("*")
        if path.suffix in {".html", ".css"}
        for loaded in loads.findall(path.read_text("utf-8"))
    }
    assert found == set()


def test_site_has_no_link_to_a_file_that_it_lacks(site: Path) -> None:
    missing = {
        f"{page.relative_to(site)}: {target}"
        for page in site.rglob("*.html")
        if page.name != "404.html"
        for target in re.findall(r"<(?:a|img) [^>]*(?:href|src)=\"(?![a-z]+:)([^\"#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    }
    assert missing == set()


def test_architecture_names_every_folder_and_no_other() -> None:
    [tree] = re.findall(r"```text\n(chat_contract/.*?)```", read("ARCHITECTURE.md"), re.DOTALL)
    named, folders = [], []
    for line in tree.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        for entry in line.split("  ")[depth].split(", ") if line.strip() else ():
            folders = [*folders[:depth], entry]
            named.append(ROOT.joinpath(*folders))
    assert [str(path) for path in named if not path.exists()] == []
    shown = {path.relative_to(ROOT).parts[0] for path in named}
    there = {path.relative_to(ROOT).parts[0] for path in project_files() if len(path.relative_to(ROOT).parts) > 1}
    assert {name for name in there if not name.startswith(".")} == shown


@pytest.mark.parametrize("page", PAGES)
def test_pages_have_one_sentence_per_line(page: str) -> None:
    prose = re.sub(r"^ *```.*?^ *```", "", read(page), flags=re.DOTALL | re.MULTILINE)
    crowded = [
        line for line in prose.splitlines() if not line.startswith("|") and re.search(r"[a-z`)][.?!] +[A-Z]", line)
    ]
    assert crowded == []


def test_pins_are_sorted_names_with_versions() -> None:
    lines = read("constraints.txt").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!]+", line)] == []
    assert lines == sorted(lines, key=str.lower)


LOCKS = sorted(path for path in ROOT.rglob("package-lock.json") if "node_modules" not in path.parts)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_node_lock_files_contain_no_url(lock: Path) -> None:
    assert re.findall(r".*://.*", lock.read_text("utf-8")) == [], "remove the resolved and funding entries"


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    extras = project["project"]["optional-dependencies"].values()
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(one for extra in extras for one in extra),
    ]
    normal = lambda name: re.sub(r"[-_.]+", "-", name).lower()  # noqa: E731
    pinned = {normal(line.split("==")[0]) for line in read("constraints.txt").splitlines()}
    assert {normal(re.match(r"[A-Za-z0-9._-]+", one)[0]) for one in wanted} - pinned == {"chat-contract"}


@pytest.mark.parametrize(("python", "said"), [("exit 1", "no Python 3.11 or newer"), ("test $1 = -c", "python3-venv")])
def test_make_reports_an_unusable_python(
    python: str, said: str, require_program: RequireProgram, tmp_path: Path
) -> None:
    """One Python is too old, the other cannot create environments."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    stub = tmp_path / "python"
    stub.write_text(f"#!/bin/sh\n{python}\n")
    stub.chmod(0o755)
    make = require_program("make", "make")
    ended = subprocess.run([make, "mock", f"PYTHON={stub}"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / ".venv").exists()


def test_missing_program_skips_and_names_the_package(
    monkeypatch: pytest.MonkeyPatch, require_program: RequireProgram
) -> None:
    monkeypatch.delenv(REQUIRE_ALL, raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs no-such-program: install the package some-package"):
        require_program("no-such-program", "some-package")


def test_missing_program_fails_where_all_programs_are_required(
    monkeypatch: pytest.MonkeyPatch, require_program: RequireProgram
) -> None:
    monkeypatch.setenv(REQUIRE_ALL, "1")
    with pytest.raises(pytest.fail.Exception, match="some-package"):
        require_program("no-such-program", "some-package")


def test_no_file_contains_the_marks_of_a_merge() -> None:
    marks = (b"\n" + b"<" * 7 + b" ", b"\n" + b">" * 7 + b" ")
    found = [
        path.relative_to(ROOT).as_posix() for path in project_files() if any(map(path.read_bytes().__contains__, marks))
    ]
    assert found == []


def test_no_file_contains_a_path_of_a_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in project_files()
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_version_is_stated_once() -> None:
    holders = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if path.suffix in {".py", ".toml"} and path.relative_to(ROOT).parts[0] not in {"tests", "testbed"}
        if re.search(rf"[\"']{re.escape(__version__)}[\"']", path.read_text("utf-8"))
    ]
    assert holders == ["chat_contract/version.py"]
    assert f"## [{__version__}]" in read("CHANGELOG.md")
    assert "version" in tomllib.loads(read("pyproject.toml"))["project"]["dynamic"]
