"""Correct implementations of POST {prefix}/chat in many frameworks and styles.

`with serving(NAME) as base_url` runs one; `python -m testbed.correct_servers NAME` does so from a shell.
The Node servers need their packages: `npm ci --prefix testbed/correct_servers/node`.
Servers in other languages (`other/`) need a compiler or interpreter and libraries that Debian packages; `--list` of the
command names them. What a compiler makes is kept in the folder for temporary files until its source changes.
"""

from testbed.correct_servers.entries import ENTRIES, Entry
from testbed.correct_servers.launcher import missing, serving

__all__ = ["ENTRIES", "Entry", "missing", "serving"]
