"""What the tools of ``chat-contract mcp`` may reach: files below one folder, and hosts."""

from __future__ import annotations

import posixpath
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chat_contract import UsageError
from chat_contract.document.repository import is_on_another_server, top_of
from kit_http.urls import is_loopback

LONGEST_VALUE = 2_000
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Bounds:
    """The hosts besides this machine that the tools may send requests to, and the folder whose files they may read."""

    hosts: Collection[str]
    folder: Path

    def check_host(self, url: str) -> None:
        """Raise :class:`UsageError` unless the tools may send requests to the URL."""
        try:
            host = (urlsplit(url).hostname or "").lower()
        except ValueError:
            raise UsageError(f'invalid URL "{_name(url)}". Check the host.') from None
        if not host:
            raise UsageError(f'invalid URL "{_name(url)}". Expected http or https with a host.')
        if not is_loopback(host) and host not in {name.lower() for name in self.hosts}:
            raise UsageError(
                f"the host {_name(host)} is not this machine. "
                f"If the tools may send requests to it, start the MCP server with --allow-host {_name(host)}."
            )

    def check_document(self, origin: str) -> None:
        """Raise :class:`UsageError` unless the tools may read a document: a file, git:REF:PATH or a URL."""
        if origin == "-":
            raise UsageError("standard input belongs to the MCP client. Name a file, git:REF:PATH or a URL.")
        if origin.startswith(("http://", "https://")):
            self.check_host(origin)
        elif "://" in origin:
            raise UsageError(f'invalid URL "{_name(origin)}". Expected http or https with a host.')
        elif origin.startswith("git:"):
            self._check_in_git(origin.removeprefix("git:").partition(":")[2], origin)
        else:
            self.check_file(origin)

    def _check_in_git(self, path: str, origin: str) -> None:
        """Check a path from the root of the repository, which may be above the folder of the tools."""
        real = self.folder.resolve()
        if not Path(posixpath.normpath(top_of(real) / path)).is_relative_to(real):
            raise self._refused(origin)

    def check_file(self, name: str) -> None:
        """Raise :class:`UsageError` unless the file or folder is below the folder of the tools."""
        try:
            path, top = self.folder / name, self.folder.resolve()
            inside = not is_on_another_server(path, top) and path.resolve().is_relative_to(top)
        except (OSError, ValueError, RuntimeError):
            raise UsageError(f'invalid file name "{_name(name)}". Name an existing file.') from None
        if not inside:
            raise self._refused(name)

    def _refused(self, name: str) -> UsageError:
        return UsageError(
            f'the tools may not read "{_name(name)}". '
            f"Start the MCP server in a folder that contains it; now it runs in {self.folder}."
        )


def _name(text: str) -> str:
    return shortened(text, _LONGEST_NAME)


def shortened(text: str, length: int = LONGEST_VALUE) -> str:
    """Return the beginning of a text that is longer."""
    return text if len(text) <= length else f"{text[:length]}…"
