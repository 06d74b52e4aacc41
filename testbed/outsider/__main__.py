"""``python -m testbed.outsider``: run the attacks and print a line for each; exit 1 if one has another result."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from chat_mock.server import Server
from testbed.outsider import connections, documents, files, pages, pull_request, services
from testbed.outsider.attack import Attack


def main() -> int:
    """Run all attacks."""
    with TemporaryDirectory(prefix="outsider-") as name:
        bad = run([*pull_request.attacks(), *files.attacks(), *documents.attacks()], Path(name) / "local")
        server = Server.start(["--upstream", "http://127.0.0.1:1/v1", "--upstream-key-env", "PATH"])
        try:
            remote = [*pages.attacks(server.base_url), *connections.attacks(server.base_url, server.process.pid)]
            bad += run(remote, Path(name) / "remote")
        finally:
            server.stop()
        with services.attacked() as behind:
            bad += run(behind, Path(name) / "service")
    print(f"{bad} attacks had another result than expected." if bad else "Every attack had the expected result.")
    return 1 if bad else 0


def run(attacks: Iterable[Attack], folder: Path) -> int:
    """Run attacks, print them, and return how many had another result than expected."""
    return sum(seen != attack.expected for attack, seen in results(attacks, folder))


def results(attacks: Iterable[Attack], folder: Path) -> Iterator[tuple[Attack, str]]:
    """Run attacks, each in a folder of its own, print a line for each, and yield what was seen."""
    for number, attack in enumerate(attacks):
        own = folder / str(number)
        own.mkdir(parents=True)
        seen = attack.run(own)
        mark = "ok " if seen == attack.expected else "BAD"
        print(f"{mark} {attack.attacker}: {attack.name!a}: expected {attack.expected}, seen {seen}", flush=True)
        yield attack, seen


if __name__ == "__main__":
    sys.exit(main())
