"""The options of the mock as rows of a table, from which both command lines are made. Knows neither of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mock_server.loading.options import (
    DEFAULT_MAX_BODY,
    DEFAULT_MAX_CONVERSATIONS,
    DEFAULT_MAX_REQUESTS_KEPT,
    Options,
    read_options,
)
from mock_server.server.serve import DEFAULT_HOST, DEFAULT_PORT, Listening


@dataclass(frozen=True)
class Flag:
    """One option; ``least`` and ``most`` bound a number."""

    name: str
    kind: type
    help: str
    metavar: str | None = None
    default: Any = None
    least: int | None = None
    most: int | None = None
    many: bool = False

    @property
    def key(self) -> str:
        """The name in Python."""
        return _KEYS.get(self.name, self.name.replace("-", "_"))


_KEYS = {"overlay": "overlays", "fault-rate": "fault_rates", "cors-origin": "cors_origins"}
_LISTENING = ("host", "port", "tls_cert", "tls_key")

FLAGS: tuple[Flag, ...] = (
    Flag("host", str, "Address to listen on.", default=DEFAULT_HOST),
    Flag("port", int, "0 picks a free one.", default=DEFAULT_PORT, least=0, most=65535),
    Flag("fixtures", Path, "Catalogue and conversations to serve.", "DIR"),
    Flag("spec", Path, "Another contract in the place of the shipped one.", "FILE"),
    Flag("overlay", Path, "What this deployment documents beyond the vendor; repeatable.", "FILE", many=True),
    Flag(
        "latitude",
        str,
        "How to fill the gaps of the documents: documented, fastapi, forbid, or a file of verify --profile-out.",
        "NAME|FILE",
        default="documented",
    ),
    Flag("seed", int, "Make ids, delays, faults and made-up values repeatable.", "N"),
    Flag("delay", str, "Hold every answer back: 800ms, 300ms..2s, or 'median=800ms p95=3s'.", "TIME"),
    Flag("fault-rate", str, "Spoil a share of the answers, such as drop=0.02,500=0.01.", "FAULT=SHARE,…"),
    Flag("require-key", str, "Demand this key, as Bearer or X-API-Key; else 401.", "KEY"),
    Flag("rate-limit", str, "Answer 429 beyond this rate, such as 10/s or 100/min.", "N/TIME"),
    Flag("cors-origin", str, "Let pages of this origin read answers too; * lets all; repeatable.", "ORIGIN", many=True),
    Flag("tls-cert", Path, "Serve https with this certificate (PEM).", "FILE"),
    Flag("tls-key", Path, "The certificate's key (PEM).", "FILE"),
    Flag(
        "control-token", str, "Open the control API to whoever sends this as X-Mock-Token, and to nobody else.", "TOKEN"
    ),
    Flag("max-body", int, "A larger body gets 413.", "BYTES", default=DEFAULT_MAX_BODY, least=1),
    Flag(
        "max-conversations",
        int,
        "Forget the least recently used beyond so many.",
        "N",
        default=DEFAULT_MAX_CONVERSATIONS,
        least=1,
    ),
    Flag(
        "max-requests-kept",
        int,
        "Keep so many requests in the journal.",
        "N",
        default=DEFAULT_MAX_REQUESTS_KEPT,
        least=0,
    ),
    Flag("upstream", str, "Let this service answer what no conversation covers.", "URL"),
    Flag("upstream-key-env", str, "Send it the key in this variable, as Bearer, in the place of the client's.", "NAME"),
)


def split(given: Mapping[str, Any]) -> tuple[Options, Listening]:
    """Return what a command line was given as what it is; raises :class:`chat_contract.UsageError`."""
    listening = Listening(**{name: given[name] for name in _LISTENING})
    rest = {name: value for name, value in given.items() if name not in _LISTENING}
    return read_options({**rest, "own_name": listening.host.lower()}), listening
