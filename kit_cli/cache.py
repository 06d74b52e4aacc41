"""The folder for caches, outside the working directory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

_VARIABLE = "HYPOTHESIS_STORAGE_DIRECTORY"


def use_cache_folder() -> None:
    """Let Hypothesis keep its character tables in the user's cache folder; by default it creates ``./.hypothesis``."""
    os.environ.setdefault(_VARIABLE, str(cache_folder()))


def cache_folder() -> Path:
    """Return the user's cache folder for the kit, or a temporary folder for a user without a home."""
    try:
        folder = platformdirs.user_cache_path("chat-contract")
    except RuntimeError:
        folder = Path()
    # Without a home, platformdirs raises, or returns "~/…" in older versions.
    return folder if folder.is_absolute() else Path(tempfile.gettempdir(), "chat-contract")
