"""Tells where the kit in use comes from, and which command installs it again with an extra.

``direct_url.json`` of the distribution names the checkout, wheel or URL (PEP 610), and ``INSTALLER`` the program that
installed it. The kit is not published in a package index, so messages
must not suggest a name to install.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from kit_cli.requirements import DISTRIBUTION, complete_extras, distribution

_ROOT = Path(__file__).resolve().parent.parent
_WHERE_UNKNOWN = "WHEEL"


class Source(StrEnum):
    """What the kit was installed from."""

    EDITABLE = "editable"
    """A checkout whose changes take effect at once."""
    FOLDER = "folder"
    FILE = "file"
    """A wheel or a source distribution on this machine."""
    URL = "url"
    REPOSITORY = "repository"
    UNKNOWN = "unknown"
    """An index or a folder of wheels: installers do not record which."""


class Installer(StrEnum):
    """A program that installs the kit with an extra; the value is its command line without what to install."""

    PIP = "pip install"
    UV = "uv pip install"
    UV_TOOL = "uv tool install --force"
    PIPX = "pipx install --force"


_REPLACES = frozenset({Installer.UV_TOOL, Installer.PIPX})
"""Installers that make a new environment, so the command repeats the extras of the present one."""


@dataclass(frozen=True)
class Installation:
    """Where the kit comes from: ``place`` is a path, or a URL as installers accept it."""

    source: Source
    place: str
    installer: Installer

    def command(self, *extras: str) -> str:
        """Return the command that installs the kit again, with these extras, for a shell."""
        editable = ["--editable"] if self.source is Source.EDITABLE else []
        return " ".join([self.installer, *editable, _quoted(self._requirement(extras))])

    def advice(self, extra: str) -> str:
        """Return a sentence that says how to add an extra."""
        extras = (extra, *complete_extras()) if self.installer in _REPLACES else (extra,)
        place = " from its wheel" if self.source is Source.UNKNOWN else ""
        return f"Install the kit again{place} with the extra {extra}: {self.command(*dict.fromkeys(extras))}"

    def _requirement(self, extras: tuple[str, ...]) -> str:
        added = f"[{','.join(extras)}]" if extras else ""
        if self.source in {Source.URL, Source.REPOSITORY}:
            return f"{DISTRIBUTION}{added} @ {self.place}"
        here = self.source in {Source.EDITABLE, Source.FOLDER} and _is_current_folder(self.place)
        return f"{'.' if here else self.place}{added}"


def installation() -> Installation:
    """Return where the code in use comes from."""
    if (_ROOT / "pyproject.toml").is_file():
        record: Mapping[str, object] = {"url": _ROOT.as_uri(), "dir_info": {"editable": True}}
    else:
        record = _record(distribution())
    return Installation(*_source(record), _installer(distribution()))


def _record(found: metadata.Distribution | None) -> Mapping[str, object]:
    try:
        record = json.loads((found and found.read_text("direct_url.json")) or "{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _source(record: Mapping[str, object]) -> tuple[Source, str]:
    url, folder, repository = (record.get(name) for name in ("url", "dir_info", "vcs_info"))
    if not isinstance(url, str) or not url:
        return Source.UNKNOWN, _WHERE_UNKNOWN
    if isinstance(repository, dict):
        commit = repository.get("commit_id", "")
        return Source.REPOSITORY, f"{repository.get('vcs', 'git')}+{url}@{commit}".removesuffix("@")
    if not url.startswith("file:"):
        return Source.URL, url
    if isinstance(folder, dict):
        return (Source.EDITABLE if folder.get("editable") else Source.FOLDER), _path_of(url)
    return Source.FILE, _path_of(url)


def _path_of(url: str) -> str:
    from urllib.request import url2pathname  # noqa: PLC0415 - only for messages, and slow to import

    return url2pathname(urlsplit(url).path)


def _installer(found: metadata.Distribution | None) -> Installer:
    if Path(sys.prefix, "uv-receipt.toml").is_file():
        return Installer.UV_TOOL
    if Path(sys.prefix, "pipx_metadata.json").is_file():
        return Installer.PIPX
    name = (found and found.read_text("INSTALLER")) or ""
    return Installer.UV if name.strip() == "uv" else Installer.PIP


def _is_current_folder(place: str) -> bool:
    return Path(place).resolve() == Path.cwd().resolve()


def _quoted(text: str) -> str:
    return f'"{text}"' if os.name == "nt" else shlex.quote(text)
