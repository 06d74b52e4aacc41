"""Reads YAML and JSON documents strictly, with the line of each value."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from chat_contract.document.json_reader import NOT_JSON, read_json
from chat_contract.document.limits import MAX_BYTES
from chat_contract.document.positions import FirstLine, JsonPositions, Positions, RepeatedKey
from chat_contract.document.repository import leads_outside, top_of
from chat_contract.errors import DocumentError, Pointer

# JSON writes characters outside the first plane as two escapes; YAML has no such pairs.
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")

_BLOCK = 64 * 1024
_RIGHT_DOCUMENT = "Check that the name leads to the right document."


@dataclass(frozen=True)
class Source:
    """A document: its value, and the line of each place in it."""

    path: Path | str
    value: Any = field(repr=False)
    positions: Positions = field(default_factory=FirstLine, repr=False)

    def line(self, pointer: Pointer) -> int:
        """Return the line of the place, or of its nearest parent that is in the file."""
        return self.positions.line(pointer)

    def error(self, problem: str, *, pointer: Pointer, value: Any, hint: str) -> DocumentError:
        """Make an error for a place in this document."""
        return DocumentError(
            problem, path=str(self.path), line=self.line(pointer), pointer=pointer, value=value, hint=hint
        )


def read_source(path: Path, top: Path | None = None) -> Source:
    """Read a document. ``top`` is the folder that a link may not leave, as :func:`read_file` says.

    Raises :class:`chat_contract.errors.DocumentError` for a file that cannot be read, is not UTF-8 or is not YAML. The
    same holds for a second document, a duplicate key, a tag and a number that is not finite. Too many
    levels or values, with aliases expanded, are an error too.
    """
    return parse_source(decode(read_file(path, hint="Pass a file that exists and is readable.", top=top), path), path)


def parse_source(text: str, path: Path | str, *, repeated: list[RepeatedKey] | None = None) -> Source:
    """Read a document from its text. ``path`` names it in messages.

    With ``repeated``, equal keys in an object are not an error: the last one counts, and the list gets each repetition.
    """
    value = read_json(text, repeated)
    if value is not NOT_JSON:
        return Source(path, value, JsonPositions(text.encode()))
    from chat_contract.document.yaml_reader import read_yaml  # noqa: PLC0415 - JSON documents do without PyYAML

    if text.lstrip().startswith(("{", "[", '"')):
        text = _PAIR.sub(lambda pair: pair[1] + json.loads(f'"{pair[2]}"'), text)
    return Source(path, *read_yaml(text, path, repeated))


def decode(raw: bytes, path: Path | str) -> str:
    """Return the text of a document. Raises :class:`chat_contract.errors.DocumentError` if it is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"not UTF-8: byte {error.start} is 0x{raw[error.start]:02x}",
            path=str(path),
            line=raw.count(b"\n", 0, error.start) + 1,
            hint="Save the file as UTF-8.",
        ) from None


def read_file(
    path: Path,
    *,
    hint: str,
    limit: int = MAX_BYTES,
    hint_if_large: str = _RIGHT_DOCUMENT,
    top: Path | None = None,
) -> bytes:
    """Return the content of a regular file, or of the pipe behind a shell's ``<(command)``.

    ``limit``: the maximum size in bytes. A FIFO or a device is not opened: reading it may never end.
    ``top``: the real path of the folder that a link may not leave. By default, this is the repository of the file, or
    its folder. Otherwise, a link in a repository could show other files of the user, because errors quote them.
    Raises :class:`chat_contract.errors.DocumentError`.
    """
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or _from_shell(path)):
            raise DocumentError(
                f"cannot read the file: it is {_KINDS.get(stat.S_IFMT(mode), 'not a file')}",
                path=str(path),
                hint="Pass a regular file.",
            )
        if not _from_shell(path) and leads_outside(path, top or top_of(path)):
            raise DocumentError(
                "a link that leads outside its folder or repository",
                path=str(path),
                hint="Replace it with a file, or name the file that it leads to.",
            )
        with path.open("rb") as stream:
            return read_bounded(stream, str(path), limit, hint_if_large)
    except OSError as error:
        raise DocumentError(f"cannot read the file: {error.strerror}", path=str(path), hint=hint) from None
    except ValueError:
        raise DocumentError("invalid file name", path=str(path), hint="Name an existing file.") from None


_KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket"}


def _from_shell(path: Path) -> bool:
    """Return whether the path is an open file of this process, such as /dev/fd/63 or /dev/stdin."""
    return str(path).startswith(("/dev/fd/", "/proc/self/fd/")) or str(path) == "/dev/stdin"


def read_bounded(stream: BinaryIO, name: str, limit: int = MAX_BYTES, hint_if_large: str = _RIGHT_DOCUMENT) -> bytes:
    """Return the content of a stream; raises :class:`chat_contract.errors.DocumentError` if it is too large."""
    raw = stream.read(_BLOCK)
    if len(raw) == _BLOCK:
        # Python reserves as much memory as it may read, which takes longer than reading a small file.
        raw += stream.read(limit + 1 - _BLOCK)
    if len(raw) > limit:
        raise too_large(name, limit, hint_if_large)
    return raw


def too_large(name: str, limit: int = MAX_BYTES, hint: str = _RIGHT_DOCUMENT) -> DocumentError:
    return DocumentError(
        f"the document is larger than {limit // 1024 // 1024} MiB",
        path=name,
        hint=hint,
    )
