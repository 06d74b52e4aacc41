"""Serves one correct server: python -m testbed.correct_servers NAME [--port N] | --list."""

import argparse
import contextlib
import signal
import sys

from testbed.correct_servers import ENTRIES, missing, serving


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m testbed.correct_servers")
    parser.add_argument("name", nargs="?", choices=list(ENTRIES), metavar="NAME")
    parser.add_argument("--port", type=int)
    parser.add_argument(
        "--list", action="store_true", help="list all servers, and what each needs that is not installed"
    )
    options = parser.parse_args()
    if options.list or options.name is None:
        for entry in ENTRIES.values():
            lacking = f" [lacks {', '.join(missing(entry))}]" if missing(entry) else ""
            print(f"{entry.name:24}{entry.framework:14}{entry.about}{lacking}")
            for should, reason in entry.breaks.items():
                print(f"{'':38}violates the SHOULD clause {should}: {reason}")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # an exception, so that the server ends with us
    with contextlib.suppress(KeyboardInterrupt), serving(options.name, options.port) as base_url:
        key = ENTRIES[options.name].key
        print(base_url + (f"  (Authorization: Bearer {key})" if key else ""), flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
