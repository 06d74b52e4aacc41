"""Where the files of a project end."""

from __future__ import annotations

import os
from pathlib import Path


def top_of(folder: Path) -> Path:
    """Return the real path of the repository that a folder is in, or of the folder itself."""
    real = Path(os.path.realpath(folder))
    return next((parent for parent in (real, *real.parents) if (parent / ".git").exists()), real)
