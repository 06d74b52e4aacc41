"""Origins of a document: a file, a git revision, a URL, standard input. Only this module of the gate does I/O.

A reference into another file leads to a sibling: an origin of the same kind, relative to the first.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from chat_contract.document.limits import MAX_BYTES
from chat_contract.document.repository import is_foreign, top_of
from chat_contract.document.source import read_bounded, read_file, too_large
from chat_contract.errors import DocumentError, UsageError, without_credentials

if TYPE_CHECKING:
    import subprocess

_SECONDS = 10


class Origin(Protocol):
    """A place that a document can be read from."""

    @property
    def name(self) -> str:
        """The name of the document in messages and reports."""

    def read(self) -> bytes:
        """Return the content; raises :class:`DocumentError`."""

    def sibling(self, relative: str) -> Origin | None:
        """Return the origin of a relative reference; None for a reference that must not be followed."""


@dataclass(frozen=True)
class FileOrigin:
    """A file. Its siblings are in the same repository, or in the folder of the document if there is none.

    ``top`` is the folder that a sibling must be in; None for the document itself.
    """

    path: Path
    allow_outside: bool = False
    top: Path | None = None

    @property
    def name(self) -> str:
        return str(self.path)

    def read(self) -> bytes:
        return read_file(
            self.path,
            hint="Name a readable file, git:REF:PATH, an http(s):// URL, or - for standard input.",
            top=Path(self.path.anchor or "/") if self.allow_outside else self.top,
        )

    def sibling(self, relative: str) -> Origin | None:
        scheme = urlsplit(relative).scheme
        if scheme in {"http", "https"} and self.allow_outside:
            return UrlOrigin(relative, allow_outside=True)
        if scheme:
            return None
        path = Path(posixpath.normpath(posixpath.join(self.path.parent.as_posix(), unquote(relative))))
        top = self.top or top_of(self.path)
        outside = is_foreign(path, top)
        return None if outside and not self.allow_outside else FileOrigin(path, self.allow_outside, top)


@dataclass(frozen=True)
class GitOrigin:
    """A file in a revision of the current git repository; nothing is checked out."""

    ref: str
    path: str
    within: str = "."
    """The folder, from the root of the repository, that a sibling must be in."""

    @property
    def name(self) -> str:
        return f"git:{self.ref}:{self.path}"

    def read(self) -> bytes:
        blob = f"{self._commit()}:{self.path}"
        kind = _git("cat-file", "-t", blob)
        if kind.returncode or kind.stdout.strip() != b"blob":
            what = "is a directory" if kind.stdout.strip() == b"tree" else "does not exist"
            raise DocumentError(
                f"{self.path} {what} in revision {self.ref}",
                path=self.name,
                hint=f"Give the path from the root of the repository; git ls-tree -r --name-only {self.ref} lists all.",
            )
        if int(_git("cat-file", "-s", blob).stdout) > MAX_BYTES:
            raise too_large(self.name)
        return _git("cat-file", "blob", blob).stdout

    def _commit(self) -> str:
        found = _git("rev-parse", "--verify", "--end-of-options", f"{self.ref}^{{commit}}")
        if found.returncode == 0 and b"is ambiguous" in found.stderr:
            raise DocumentError(
                f"revision {self.ref} is ambiguous: a tag and a branch have this name",
                path=self.name,
                hint="Write refs/tags/…, refs/heads/… or refs/remotes/… before the name.",
            )
        if found.returncode == 0:
            return found.stdout.decode().strip()
        if _git("rev-parse", "--git-dir").returncode:
            raise DocumentError(
                "the current directory is not in a git repository",
                path=self.name,
                hint="Change to the repository, or name a file.",
            )
        if _git("rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
            name = self.ref.removeprefix("refs/remotes/").removeprefix("origin/")
            raise DocumentError(
                f"revision {self.ref} is not in this shallow clone",
                path=self.name,
                hint=f"Run git fetch --depth=1 origin {name}, or in CI, set fetch-depth: 0 for actions/checkout, "
                "or GIT_DEPTH: 0 for GitLab.",
            )
        raise DocumentError(
            f"revision {self.ref} does not exist in this repository",
            path=self.name,
            hint="Fetch it, or correct the name; git branch --all and git tag list the names.",
        )

    def sibling(self, relative: str) -> Origin | None:
        if urlsplit(relative).scheme:
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), unquote(relative)))
        is_outside = path.startswith("..") or not PurePosixPath(path).is_relative_to(self.within)
        return None if is_outside else GitOrigin(self.ref, path, self.within)


@dataclass(frozen=True)
class UrlOrigin:
    """A document that a server returns for GET."""

    url: str
    allow_outside: bool = False

    @property
    def name(self) -> str:
        return without_credentials(self.url)

    def read(self) -> bytes:
        import urllib.error  # noqa: PLC0415 - slow to import; most documents are files
        from http.client import HTTPException  # noqa: PLC0415 - likewise

        from spec_gate.source.fetch import RedirectElsewhere, open_url  # noqa: PLC0415

        try:
            if "@" in urlsplit(self.url).netloc:
                problem, hint = "the URL contains credentials, which diff does not send", "Fetch it to a file first."
                raise DocumentError(problem, path=self.name, hint=hint)
            with open_url(self.url, _SECONDS) as response:
                return read_bounded(response, self.name)
        except RedirectElsewhere as redirect:
            raise DocumentError(
                f"the server redirects to another host or port: {without_credentials(redirect.url)}",
                path=self.name,
                hint="Name that address if you trust it.",
            ) from None
        except urllib.error.HTTPError as error:
            problem = f"the server returned status {error.code}"
        except (OSError, ValueError, HTTPException) as error:
            problem = f"cannot fetch the document: {getattr(error, 'reason', None) or error}"
        raise DocumentError(problem, path=self.name, hint="Check the URL; GET must return the document.")

    def sibling(self, relative: str) -> Origin | None:
        url = urljoin(self.url, relative)
        parts = urlsplit(url)
        same = parts[:2] == urlsplit(self.url)[:2]
        allowed = self.allow_outside and parts.scheme in {"http", "https"}
        return UrlOrigin(url, self.allow_outside) if same or allowed else None


@dataclass(frozen=True)
class StreamOrigin:
    """Standard input; references into other files are relative to the working directory."""

    stream: BinaryIO
    allow_outside: bool = False

    @property
    def name(self) -> str:
        return "-"

    def read(self) -> bytes:
        return read_bounded(self.stream, self.name)

    def sibling(self, relative: str) -> Origin | None:
        return FileOrigin(Path("-"), self.allow_outside).sibling(relative)


def parse_origin(text: str, stdin: BinaryIO, *, allow_outside: bool = False, within: Path | None = None) -> Origin:
    """Return the origin that BASE or REVISION names; raises :class:`UsageError` for an invalid one.

    With ``allow_outside``, references may leave the repository, the folder or the server of the document. ``within``
    is a folder that they may not leave.
    """
    if text == "-":
        return StreamOrigin(stdin, allow_outside)
    if text.startswith("git:"):
        ref, separator, path = text.removeprefix("git:").partition(":")
        if not separator or not ref or not path or ref.startswith("-") or "\0" in text:
            raise UsageError(
                f'Invalid document "{text}". Expected git:REF:PATH, for example git:main:openapi/chat.yaml.'
            )
        top = "." if within is None else within.resolve().relative_to(top_of(within.resolve())).as_posix()
        return GitOrigin(ref, posixpath.normpath(path), top)
    if text.startswith(("http://", "https://")):
        return UrlOrigin(text, allow_outside)
    if not text or "\0" in text:
        raise UsageError(
            "Invalid document name. Expected a file, git:REF:PATH, an http(s):// URL, or - for standard input."
        )
    return FileOrigin(Path(text), allow_outside, None if within is None else within.resolve())


_SAFE = ("-c", "safe.bareRepository=explicit", "-c", "core.warnAmbiguousRefs=true")
"""A checkout may contain a folder that is a bare repository, whose configuration could run commands.

Whoever may create tags could otherwise choose what a branch of the same name means.
"""


def _program() -> str:
    """Return the path of git. A program of this name in the working directory may come from somebody else.

    Windows looks there first. Elsewhere, an empty or relative folder in PATH has the same effect.
    """
    for folder in map(Path, os.get_exec_path()):
        for name in ("git", "git.exe"):
            if folder.is_absolute() and (folder / name).is_file() and os.access(folder / name, os.X_OK):
                return str(folder / name)
    raise FileNotFoundError("git")


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    import subprocess  # noqa: PLC0415 - most documents are files

    try:
        return subprocess.run(  # noqa: S603 - git, no shell
            [_program(), *_SAFE, *arguments],
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise UsageError("git:REF:PATH needs git, but git is not installed.") from None
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"git {arguments[0]} did not finish within {_SECONDS} s. Check whether git waits for input."
        ) from None
