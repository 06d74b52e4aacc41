"""A folder on the disk that one recorder writes to.

The recorder holds the folder open and follows no symbolic link in it. So it reads and writes nothing outside of the
folder, even if somebody replaces a part of it. A lock that ends with the process keeps other recorders out.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath

from chat_contract import UsageError
from mock_server.shop.fixture_paths import CONVERSATIONS

if sys.platform != "win32":
    import fcntl

    _FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_PERMISSIONS = 0o644


class Place:
    """An open folder with a subfolder for conversations. File names are relative to it."""

    def __init__(self, path: Path) -> None:
        """Create the folder if it does not exist, and lock it. Raise :class:`OSError` or :class:`UsageError`."""
        self.path = path
        self._folder = _open_locked(path)

    def close(self) -> None:
        """Let other recorders use the folder."""
        os.close(self._folder)

    def renew(self) -> bool:
        """Create the folder or its subfolder again if it was removed, and return whether it was."""
        if not os.fstat(self._folder).st_nlink:
            renewed = _open_locked(self.path)
            os.close(self._folder)
            self._folder = renewed
        elif self.exists(PurePath(CONVERSATIONS)):
            return False
        os.mkdir(CONVERSATIONS, dir_fd=self._folder)
        return True

    def exists(self, name: PurePath) -> bool:
        """Return whether there is anything with this name, also a link to nowhere."""
        with suppress(FileNotFoundError), self._parent(name) as folder:
            os.stat(name.name, dir_fd=folder, follow_symlinks=False)
            return True
        return False

    def text_of(self, name: PurePath) -> str | None:
        """Return the content of a file; None without one, or for one that is not UTF-8."""
        try:
            with self._parent(name) as folder:
                file = os.open(name.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with open(file, encoding="utf-8") as opened:  # noqa: PTH123 - a descriptor
                return opened.read()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise

    def write(self, name: PurePath, text: str) -> None:
        """Write a file completely or not at all. Raise :class:`OSError` if that fails."""
        draft = f".{name.name}.part"
        with self._parent(name) as folder:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=folder)
            try:
                created = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PERMISSIONS, dir_fd=folder)
                with open(created, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a descriptor
                    file.write(text)
                _check_no_link(name, folder)
                os.replace(draft, name.name, src_dir_fd=folder, dst_dir_fd=folder)
            finally:
                with suppress(OSError):
                    os.unlink(draft, dir_fd=folder)

    @contextmanager
    def _parent(self, name: PurePath) -> Iterator[int]:
        """Open the folder of a file."""
        if len(name.parts) == 1:
            yield self._folder
            return
        try:
            folder = os.open(CONVERSATIONS, _FOLDER, dir_fd=self._folder)
        except NotADirectoryError as error:
            # A file or a symbolic link.
            raise NotADirectoryError(error.errno, f"{CONVERSATIONS} is not a folder") from None
        try:
            yield folder
        finally:
            os.close(folder)


def _open_locked(path: Path) -> int:
    if sys.platform == "win32":
        raise UsageError(
            "The recorder must open the folder without following links, which Windows does not support. "
            "Record in the Windows Subsystem for Linux, or show the exchanges with record --preview."
        )
    path.mkdir(parents=True, exist_ok=True)
    folder = os.open(path, _FOLDER)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(folder)
        raise UsageError(
            f"--out {path}: another recorder writes to this folder. Stop it, or name another folder."
        ) from None
    return folder


def _check_no_link(name: PurePath, folder: int) -> None:
    """Raise :class:`OSError` for a link, which the new file would replace."""
    with suppress(FileNotFoundError):
        if stat.S_ISLNK(os.stat(name.name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, "it is a symbolic link")
