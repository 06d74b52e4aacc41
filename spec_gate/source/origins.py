"""Where a document is read from: a file, a revision of git, a URL, the standard input. The only door to the outside.

A reference into another file leads to a sibling: the same kind of origin, beside the first.
"""

from __future__ import annotations

import posixpath
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from chat_contract.errors import DocumentError, UsageError

MAX_BYTES = 16 * 1024 * 1024
"""How large a document may be."""

_SECONDS = 10


class Origin(Protocol):
    """One place where a document can be read."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def read(self) -> bytes:
        """Return what is there; raises :class:`DocumentError`."""

    def sibling(self, relative: str) -> Origin | None:
        """Return the origin that a reference beside this one leads to; None where none can be followed from here."""


@dataclass(frozen=True)
class FileOrigin:
    """A file, or a pipe."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    def read(self) -> bytes:
        try:
            with self.path.open("rb") as stream:
                return _bounded(stream, self.name)
        except OSError as error:
            raise DocumentError(
                f"cannot be read: {error.strerror}",
                path=self.name,
                hint="name a file that exists and is readable, git:REF:PATH, a URL or -",
            ) from None
        except ValueError:
            raise DocumentError("is no name of a file", path=self.name, hint="name a file that exists") from None

    def sibling(self, relative: str) -> Origin | None:
        if urlsplit(relative).scheme:
            return None
        return FileOrigin(Path(posixpath.normpath(posixpath.join(self.path.parent.as_posix(), unquote(relative)))))


@dataclass(frozen=True)
class GitOrigin:
    """A file as it is in a revision of the repository around the working folder; nothing is checked out."""

    ref: str
    path: str

    @property
    def name(self) -> str:
        return f"git:{self.ref}:{self.path}"

    def read(self) -> bytes:
        commit = self._commit()
        known = _git("cat-file", "-t", f"{commit}:{self.path}")
        if known.returncode or known.stdout.strip() != b"blob":
            what = "is a folder" if known.stdout.strip() == b"tree" else "is not there"
            raise DocumentError(
                f"{self.path} {what} in the revision {self.ref}",
                path=self.name,
                hint=f"write the path from the top of the repository; git ls-tree -r --name-only {self.ref} lists them",
            )
        size = int(_git("cat-file", "-s", f"{commit}:{self.path}").stdout)
        if size > MAX_BYTES:
            raise _too_large(self.name)
        return _git("cat-file", "blob", f"{commit}:{self.path}").stdout

    def _commit(self) -> str:
        found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.ref}^{{commit}}")
        if found.returncode == 0:
            return found.stdout.decode().strip()
        if _git("rev-parse", "--git-dir").returncode:
            raise DocumentError(
                "there is no git repository here", path=self.name, hint="change into the repository, or name a file"
            )
        if _git("rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
            raise DocumentError(
                f"the revision {self.ref} is not in this shallow clone",
                path=self.name,
                hint=f"fetch it: git fetch --depth=1 origin {self.ref.removeprefix('origin/')}, "
                "or fetch-depth: 0 for actions/checkout, GIT_DEPTH: 0 for GitLab",
            )
        raise DocumentError(
            f"there is no revision {self.ref} in this repository",
            path=self.name,
            hint="fetch it first, or correct the name; git branch --all and git tag list them",
        )

    def sibling(self, relative: str) -> Origin | None:
        if urlsplit(relative).scheme:
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(self.path), unquote(relative)))
        return None if path.startswith("..") else GitOrigin(self.ref, path)


@dataclass(frozen=True)
class UrlOrigin:
    """What a server answers to GET."""

    url: str

    @property
    def name(self) -> str:
        return self.url

    def read(self) -> bytes:
        try:
            with urllib.request.urlopen(self.url, timeout=_SECONDS) as answer:  # noqa: S310 - only http and https
                return _bounded(answer, self.name)
        except urllib.error.HTTPError as error:
            problem = f"is answered with status {error.code}"
        except (OSError, ValueError) as error:
            problem = f"cannot be fetched: {getattr(error, 'reason', None) or error}"
        raise DocumentError(problem, path=self.name, hint="open the URL in a browser; it must lead to the document")

    def sibling(self, relative: str) -> Origin | None:
        url = urljoin(self.url, relative)
        same = urlsplit(url)[:2] == urlsplit(self.url)[:2]
        return UrlOrigin(url) if same else None


@dataclass(frozen=True)
class StreamOrigin:
    """The standard input; references into other files are followed from the working folder."""

    stream: BinaryIO

    @property
    def name(self) -> str:
        return "-"

    def read(self) -> bytes:
        return _bounded(self.stream, self.name)

    def sibling(self, relative: str) -> Origin | None:
        return FileOrigin(Path("-")).sibling(relative)


def parse_origin(text: str, stdin: BinaryIO) -> Origin:
    """Read BASE or REVISION: a file, ``git:REF:PATH``, a URL or ``-``; raises :class:`UsageError`."""
    if text == "-":
        return StreamOrigin(stdin)
    if text.startswith("git:"):
        ref, separator, path = text.removeprefix("git:").partition(":")
        if not separator or not ref or not path or ref.startswith("-") or "\0" in text:
            raise UsageError(f"{text}: a revision is written git:REF:PATH, such as git:main:openapi/chat.yaml")
        return GitOrigin(ref, posixpath.normpath(path))
    if text.startswith(("http://", "https://")):
        return UrlOrigin(text)
    if not text or "\0" in text:
        raise UsageError("no document is named; name a file, git:REF:PATH, a URL or -")
    return FileOrigin(Path(text))


def _bounded(stream: BinaryIO, name: str) -> bytes:
    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise _too_large(name)
    return raw


def _too_large(name: str) -> DocumentError:
    return DocumentError(
        f"is larger than {MAX_BYTES // 1024 // 1024} MiB", path=name, hint="name the document; this is something else"
    )


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603, S607 - git, no shell
    except FileNotFoundError:
        raise UsageError("git:REF:PATH needs git, which is not installed") from None
    except subprocess.TimeoutExpired:
        raise UsageError(
            f"git {arguments[0]} has not ended within {_SECONDS} s; see whether it asks for something"
        ) from None
