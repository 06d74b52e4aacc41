"""Serves one server of the collection by name."""

from __future__ import annotations

import argparse
import sys
import threading
from contextlib import suppress

from .base import KEY
from .catalogue import BY_NAME, FAULTS
from .correct import CORRECT
from .fault import serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.faulty_servers", description=__doc__)
    parser.add_argument("name", nargs="?", help="the name of a fault or of a correct style")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 chooses a free one")
    parser.add_argument("--list", action="store_true", help="list all servers: name, level, group, description")
    options = parser.parse_args()
    if options.list:
        for fault in FAULTS:
            print(f"{fault.name:40} {fault.level:7} {fault.group:17} {fault.about}")
        for style in CORRECT:
            print(f"{style.name:40} {'correct':25} {style.about}")
        return 0
    if options.name not in BY_NAME:
        print(f'Unknown server "{options.name}". List all servers with --list.', file=sys.stderr)
        return 2
    what = BY_NAME[options.name]
    with suppress(KeyboardInterrupt), serve(what, options.port) as url:
        print(f"{what.about}\n{url}", flush=True)
        if getattr(what, "needs_key", False) or getattr(what, "keyed", False):
            print(f"Authorization: Bearer {KEY}", flush=True)
        threading.Event().wait()
    return 0


sys.exit(main())
