"""Takes pictures of the pages: `python -m testbed.screenshots FOLDER`; look at them after a change of a template.

With `--readme`, takes those of the console and the gate that the README shows, into docs/ for instance.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve
from testbed.screenshots import console, gate

CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
SIZES = {"desktop": (1200, 2400), "phone": (420, 2400)}
SCHEMES = {"light": (), "dark": ("--blink-settings=preferredColorScheme=0",)}


def picture(page: str, file: Path, size: tuple[int, int], *more: str) -> None:
    """Take one picture of a page, given by its URL."""
    with tempfile.TemporaryDirectory() as profile:
        width, height = size
        how = (f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={file}")
        subprocess.run(
            [*CHROMIUM, *more, *how, page],
            check=True,
            capture_output=True,
            timeout=60,
        )


def report_pages(folder: Path) -> list[Path]:
    """Let the suite judge a correct and a broken server and write their pages."""
    pages = []
    for name in ("lax", "limit-ignored-later", "single-quote-crashes"):
        page = folder / f"report-{name}.html"
        with serve(BY_NAME[name]) as url:
            subprocess.run(
                [sys.executable, "-m", "kit_cli", "verify", url, "--quick", "--report", f"html={page}"],
                check=False,
                capture_output=True,
            )
        pages.append(page)
    return pages


def take(folder: Path) -> list[Path]:
    """Take all pictures; returns their files."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    for page in report_pages(folder):
        for form, size in SIZES.items():
            for scheme, options in SCHEMES.items():
                file = folder / f"{page.stem}-{form}-{scheme}.png"
                picture(page.resolve().as_uri(), file, size, *options)
                taken.append(file)
    return taken + console.take(folder) + gate.take(folder)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true")
    given = parser.parse_args()
    folder: Path = given.folder
    if shutil.which(CHROMIUM[0]) is None:
        print("there is no chromium on the PATH; install the package chromium", file=sys.stderr)
        return 2
    taken = [*console.take_for_the_readme(folder), *gate.take_for_the_readme(folder)] if given.readme else take(folder)
    print(*taken, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
