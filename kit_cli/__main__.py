"""Run ``python -m kit_cli``, which is the same as ``chat-contract``."""

from kit_cli.main import run

run()
