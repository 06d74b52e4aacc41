"""``python -m kit_cli``: the same as ``chat-contract``."""

from kit_cli.main import run

run()
