"""Take screenshots of every page: `python -m testbed.screenshots FOLDER`. Look at them after a template change.

With `--documents`, take only the screenshots that the documents show.
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
from testbed.screenshots import console, gate, load

CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
SIZES = {"desktop": (1200, 2400), "phone": (420, 2400)}
DOCUMENT_SIZE = (1100, 900)
SCHEMES = {"light": (), "dark": ("--blink-settings=preferredColorScheme=0",)}


def screenshot(page: str, file: Path, size: tuple[int, int], *more: str) -> None:
    """Take a screenshot of the page with this URL."""
    with tempfile.TemporaryDirectory() as profile:
        width, height = size
        how = (f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={file}")
        subprocess.run(
            [*CHROMIUM, *more, *how, page],
            check=True,
            capture_output=True,
            timeout=60,
        )


def report_page(folder: Path, name: str) -> Path:
    """Verify a correct or faulty server and write its HTML report."""
    page = folder / f"report-{name}.html"
    with serve(BY_NAME[name]) as url:
        subprocess.run(
            [sys.executable, "-m", "kit_cli", "verify", url, "--quick", "--report", f"html={page}"],
            check=False,
            capture_output=True,
        )
    return page


def report_pages(folder: Path) -> list[Path]:
    """Write the HTML reports of a correct and two faulty servers."""
    return [report_page(folder, name) for name in ("lax", "limit-ignored-later", "single-quote-crashes")]


def take_for_the_documents(folder: Path) -> list[Path]:
    """Take the screenshot of the upper part of a report that the documents show."""
    with tempfile.TemporaryDirectory() as place:
        page = report_page(Path(place), "limit-ignored-later")
        file = folder / "report.png"
        screenshot(page.resolve().as_uri(), file, DOCUMENT_SIZE)
    return [file]


def take(folder: Path) -> list[Path]:
    """Take all screenshots and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    for page in report_pages(folder):
        for form, size in SIZES.items():
            for scheme, options in SCHEMES.items():
                file = folder / f"{page.stem}-{form}-{scheme}.png"
                screenshot(page.resolve().as_uri(), file, size, *options)
                taken.append(file)
    return taken + console.take(folder) + gate.take(folder) + load.take_for_the_documents(folder)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.screenshots", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", action="store_true")
    given = parser.parse_args()
    folder: Path = given.folder
    if shutil.which(CHROMIUM[0]) is None:
        print("chromium is not on the PATH. Install the package chromium.", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    documents = [take_for_the_documents, *(one.take_for_the_documents for one in (console, gate, load))]
    taken = [file for one in documents for file in one(folder)] if given.documents else take(folder)
    print(*taken, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
