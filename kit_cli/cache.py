"""The folder for caches, outside the working directory."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

_VARIABLE = "HYPOTHESIS_STORAGE_DIRECTORY"


def use_cache_folder() -> None:
    """Let Hypothesis keep its character tables in the user's cache folder; by default it creates ``./.hypothesis``."""
    os.environ.setdefault(_VARIABLE, str(cache_folder()))


def cache_folder() -> Path:
    """Return the user's cache folder for the kit, or a folder of this process for a user without a home."""
    try:
        folder = platformdirs.user_cache_path("chat-contract")
    except RuntimeError:
        folder = Path()
    # Without a home, platformdirs raises, or returns "~/…" in older versions.
    return folder if folder.is_absolute() else Path(_temporary().name)


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    """Make a folder that ends with the process; other users could fill one with a known name."""
    return tempfile.TemporaryDirectory(prefix="chat-contract-", ignore_cleanup_errors=True)
