"""Checks Python, the kit, its packages and extras, other programs, the cache folder and proxies."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from chat_contract.version import __version__
from kit_cli.cache import cache_folder
from kit_cli.doctor.model import Check, Finding, ok, problem, warning
from kit_cli.installation import Installation, Source, installation
from kit_cli.requirements import EXTRAS, Package, distribution, is_complete, packages_of

_PROGRAMS = {
    "curl": "the commands that reproduce a violation",
    "git": "documents git:REVISION:PATH of diff",
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "firefox", "msedge", "safari", "open")
_PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
_LOOPBACK = "127.0.0.1"


def check_machine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the findings about what the kit runs on."""
    yield check_python(sys.version_info[:2], supported_versions())
    yield from check_kit(installation())
    yield from check_packages(packages_of())
    for extra in EXTRAS:
        yield check_extra(extra, packages_of(extra))
    yield from map(check_program, _PROGRAMS)
    yield check_browser(environ)
    yield check_cache(cache_folder())
    yield check_proxy(environ)


def supported_versions() -> tuple[tuple[int, int], ...]:
    """Return the versions of Python that the metadata of the kit lists, the lowest first."""
    found = distribution()
    classifiers = [] if found is None else found.metadata.get_all("Classifier") or []
    versions = (re.fullmatch(r"Programming Language :: Python :: 3\.(\d+)", line) for line in classifiers)
    return tuple(sorted((3, int(version[1])) for version in versions if version))


def check_python(version: tuple[int, ...], supported: tuple[tuple[int, int], ...]) -> Finding:
    """Compare the version of Python with those that the kit supports."""
    text = f"Python {platform.python_version()} ({platform.python_implementation()}, {platform.system()})"
    if not supported or version in supported:
        return ok(Check.PYTHON, text)
    between = " to ".join(".".join(map(str, each)) for each in (supported[0], supported[-1]))
    text = f"Python {'.'.join(map(str, version))}; the kit supports {between}"
    if version < supported[0]:
        return problem(Check.PYTHON, text, f"Install Python {between}, and the kit into it.")
    return warning(Check.PYTHON, text, f"If a command fails, install the kit into Python {between}.")


def check_kit(installed: Installation) -> Iterator[Finding]:
    """Say what is installed, and whether its metadata belong to the code that runs."""
    found = distribution()
    origin = "" if installed.source is Source.UNKNOWN else f", from {installed.place}"
    if found is None:
        text = f"chat-contract {__version__} is not installed; it runs from {installed.place}"
        yield warning(Check.KIT, text, f"Install it: {installed.command()}")
    elif found.version != __version__:
        text = f"the code is version {__version__}{origin}, but version {found.version} is installed"
        yield problem(Check.KIT, text, f"Install the kit again: {installed.command()}")
    else:
        yield ok(Check.KIT, f"chat-contract {__version__}{origin}")
    yield from _other_command()


def _other_command() -> Iterator[Finding]:
    """Find a command of the same name in another environment, which a shell would run instead."""
    first = shutil.which("chat-contract")
    python = Path(sys.executable)
    own = python.with_name("chat-contract").with_suffix(python.suffix)
    if first is not None and "shims" not in Path(first).parts and own.is_file() and not Path(first).samefile(own):
        text = f"a shell runs {first}, not the command of this environment"
        yield warning(Check.KIT, text, f"Activate the environment, or run {own}.")


def check_packages(packages: Iterable[Package]) -> Iterator[Finding]:
    """Compare the packages of the base install with what it requires."""
    unsuitable = [package for package in packages if not package.suitable]
    if unsuitable:
        fix = f"Install the kit again: {installation().command()}"
        yield problem(Check.PACKAGES, "; ".join(map(_state, unsuitable)), fix)
    else:
        yield ok(Check.PACKAGES, "all packages of the base install")


def _state(package: Package) -> str:
    if package.version is None:
        return f"{package.name} is not installed"
    return f"{package.name} {package.version} does not satisfy {package.required}"


def check_extra(extra: str, packages: tuple[Package, ...]) -> Finding:
    """Compare the packages of an extra with what it requires. One without its principal package is not needed."""
    if is_complete(packages):
        return ok(Check.EXTRAS, f"{extra} ({EXTRAS[extra].commands})")
    advice = installation().advice(extra)
    if not any(package.name == EXTRAS[extra].principal and package.version is not None for package in packages):
        return ok(Check.EXTRAS, f"{extra} ({EXTRAS[extra].commands}) is not installed. {advice}")
    states = "; ".join(_state(package) for package in packages if not package.suitable)
    return problem(Check.EXTRAS, f"{extra} ({EXTRAS[extra].commands}): {states}", advice)


def check_program(name: str) -> Finding:
    """Look for a program that a part of the kit starts, or that its output names."""
    found = shutil.which(name)
    if found is not None:
        return ok(Check.PROGRAMS, found)
    fix = f"Install {name}, or add its folder to PATH."
    return warning(Check.PROGRAMS, f"{name} is missing; {_PROGRAMS[name]} need it", fix)


def check_browser(environ: Mapping[str, str]) -> Finding:
    """Look for a browser that can show the console of the mock."""
    found = environ.get("BROWSER") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found or sys.platform in {"win32", "darwin"}:
        return ok(Check.BROWSER, found or "the browser of the system")
    fix = "Install one, for example chromium, or open the console elsewhere (see mock --host and --control-token)."
    return warning(Check.BROWSER, "no browser found; the console of the mock and HTML reports need one", fix)


def check_cache(folder: Path) -> Finding:
    """Try to write into the cache folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ok(Check.CACHE, str(folder))
    except OSError as error:
        text = f"cannot write to {folder} ({error.strerror}); verify starts slower without it"
        return warning(Check.CACHE, text, "Set XDG_CACHE_HOME to a folder that you can write to.")


def check_proxy(environ: Mapping[str, str]) -> Finding:
    """Say whether clients such as curl would send requests for this machine to a proxy."""
    name = next((name for name in _PROXY_VARIABLES if environ.get(name)), None)
    if name is None:
        return ok(Check.PROXY, "no proxy is set")
    exempt = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    host = urlsplit(environ[name]).hostname or "a proxy"
    if {"*", _LOOPBACK} & {entry.strip() for entry in exempt.split(",")}:
        return ok(Check.PROXY, f"{name} is set, but not for {_LOOPBACK}")
    text = f"{name} sends requests for {_LOOPBACK} to {host}, so curl does not reach the mock"
    return warning(Check.PROXY, text, f"Add {_LOOPBACK} and localhost to NO_PROXY.")
