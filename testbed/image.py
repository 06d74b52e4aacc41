"""Runs the steps of the Dockerfile one by one, without a container engine: ``python -m testbed.image``.

A scratch folder stands for the root of the image. Two steps are left out, because they need an engine or would change
this machine. A Python of this machine replaces the base image, and ``useradd`` creates no user. If this program runs as
root, the mock runs with the number of that user, who cannot write to the scratch folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from testbed.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
_SYSTEM_PYTHON = Path("/usr/bin/python3")
_PREFIX = "/opt/mock"
_PORT = "4010"
_SECONDS = 120.0


@dataclass(frozen=True)
class Instruction:
    """An instruction of a Dockerfile."""

    name: str
    text: str


def instructions(dockerfile: str) -> list[Instruction]:
    """Return the instructions, without comments and with their lines joined."""
    lines = [line for line in dockerfile.splitlines() if not line.startswith("#")]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(" ", 1)) for line in whole.splitlines() if line.strip()]


def stages(found: list[Instruction]) -> Iterator[list[Instruction]]:
    """Yield the instructions of each stage."""
    starts = [number for number, each in enumerate(found) if each.name == "FROM"]
    for start, end in zip(starts, [*starts[1:], len(found)], strict=True):
        yield found[start:end]


def context() -> list[str]:
    """Return the names at the top of the project that ``.dockerignore`` lets into the image."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[0] == "*"
    return [line[1:] for line in lines if line.startswith("!")]


def build(scratch: Path, python: Path) -> Path:
    """Run the steps of the first stage; return the folder that the second one takes."""
    (scratch / "bin").mkdir()
    (scratch / "bin" / "python").symlink_to(python)
    folder = scratch
    first, _ = stages(instructions((ROOT / "Dockerfile").read_text("utf-8")))
    for step in first:
        print(f"{step.name} {step.text}", flush=True)
        if step.name == "WORKDIR":
            folder = scratch / step.text.lstrip("/")
            folder.mkdir()
        elif step.name == "COPY":
            _copy(folder)
        elif step.name == "RUN":
            command = step.text.replace(_PREFIX, f"{scratch}{_PREFIX}")
            environment = {**os.environ, "PATH": f"{scratch}/bin:{os.environ['PATH']}"}
            subprocess.run(["sh", "-ec", command], cwd=folder, env=environment, check=True)
    return scratch / _PREFIX.lstrip("/")


def _copy(folder: Path) -> None:
    for name in context():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def serve(prefix: Path, scratch: Path, user: int | None = None) -> None:
    """Start the mock as the image and compose.yaml do, and run the health check. Raises where one of them fails."""
    port = str(free_port())
    _, final = stages(instructions((ROOT / "Dockerfile").read_text("utf-8")))
    given = {step.name: step.text for step in final}
    service = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["mock"]
    shutil.copytree(ROOT / "fixtures", scratch / "fixtures")
    before = _listing(scratch)
    arguments = [text.replace("/fixtures", str(scratch / "fixtures")) for text in service["command"]]
    [token] = service["environment"]
    environment = {"PATH": f"{prefix / 'bin'}:/usr/bin:/bin", token: "a-token", "PYTHONDONTWRITEBYTECODE": "1"}
    entry = [*json.loads(given["ENTRYPOINT"]), "--port", port, *arguments]
    entry[0] = str(prefix / "bin" / entry[0])
    process = subprocess.Popen(entry, cwd="/", env=environment, user=user, stdout=subprocess.DEVNULL)
    try:
        check = json.loads(given["HEALTHCHECK"].partition("CMD ")[2].replace(_PORT, port))
        check[0] = str(prefix / "bin" / check[0])
        _wait_for(check, environment, user, process)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(_SECONDS)
    assert code == 0, f"the mock ended with {code}"
    assert _listing(scratch) == before, "the mock wrote to its root"


def _wait_for(
    check: list[str], environment: dict[str, str], user: int | None, process: subprocess.Popen[bytes]
) -> None:
    end = time.monotonic() + _SECONDS
    while subprocess.run(check, env=environment, user=user, cwd="/", capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the health check fails: {check}")
        time.sleep(0.2)


def _listing(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def user_of_the_image() -> int | None:
    """Return the number of the image's user; None where this process cannot become that user."""
    found = re.search(r"^USER (\d+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert found is not None
    return int(found[1]) if os.geteuid() == 0 else None


def main() -> int:
    """Run the steps and serve; raise where a step fails."""
    # The image's user cannot read a Python in the home of root.
    python = _SYSTEM_PYTHON if os.geteuid() == 0 and _SYSTEM_PYTHON.exists() else Path(sys.executable)
    scratch = Path(tempfile.mkdtemp(prefix="image-", dir="/var/tmp"))
    try:
        scratch.chmod(0o755)
        prefix = build(scratch, python)
        serve(prefix, scratch, user_of_the_image())
    finally:
        shutil.rmtree(scratch)
    print("Every step ran; the health check passed, and the mock wrote nothing to its root.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
