"""Default values of options. The command line shows them in its help without importing the server."""

from __future__ import annotations

HOST = "127.0.0.1"
PORT = 4010
RECORDER_PORT = 4011
MAX_BODY = 1024 * 1024
MAX_CONVERSATIONS = 10_000
MAX_REQUESTS_KEPT = 1000
MAX_SPACES = 64
MAX_JOURNAL_BYTES = 8 * 1024 * 1024
"""Size of the journal of the default space, and of its rules."""
MAX_SPACE_BYTES = 2 * 1024 * 1024
"""The same for a named space."""
MAX_FIXTURE_FILES = 10_000
MAX_HANG = 60.0
"""Seconds."""
UPSTREAM_TIMEOUT = 120.0
"""Seconds. Language models are slow."""
UPSTREAM_MAX_BODY = 32 * 1024 * 1024
REQUEST_TIMEOUT = 30.0
"""Seconds."""
WRITE_TIMEOUT = 30.0
"""Seconds."""
MAX_CONNECTIONS = 8192
MAX_WAITING = 8192
MAX_HELD_BYTES = 64 * 1024 * 1024
MAX_UNREAD_BYTES = 10 * 1024 * 1024
MAX_FOLLOWERS = 16
"""Clients that follow a journal at a time."""
CONVERSATION_TTL = 86400
"""Seconds."""
STORE_TIMEOUT = 0.25
"""Seconds."""
