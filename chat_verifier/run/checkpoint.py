"""The checkpoint file: every exchange of a run, written as it comes, so that an interrupted run can continue.

The file has one JSON object a line. The first identifies the run, each further one is an exchange. An incomplete last
line is removed and its request sent again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chat_contract import UsageError
from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.planning.case import CaseSequence
from chat_verifier.run.player import Replayed
from kit_http.redaction.secrets import Secrets

FORMAT = "chat-contract-checkpoint"

LIFETIME = 900.0
"""For how many seconds a server is expected to keep a conversation between two runs."""

_MOST_LINE = 1024 * 1024
"""How many bytes a line may have. A request with a larger response is sent again instead of replayed."""

_MOST_BYTES = 32 * 1024 * 1024
"""How many bytes the file may have. Requests after them are sent again."""

_HINT = "Name a file that --resume wrote, or one that does not exist yet."


class Checkpoint:
    """One checkpoint file, read at the start and appended to. Thread-safe."""

    def __init__(self, path: Path, run: dict[str, Any], secrets: Secrets, *, now: Callable[[], float]) -> None:
        """Open or create the file; ``run`` holds what the exchanges depend on, ``now`` returns Unix seconds.

        Raises :class:`UsageError` if the file is not a checkpoint file or belongs to another run.
        """
        self.path = path
        self.secrets = secrets
        self.now = now
        self.replayed = 0
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int, str], deque[dict[str, Any]]] = defaultdict(deque)
        whole = self._size = self._read(run)
        try:
            self._file = path.open("r+" if whole else "w", encoding="utf-8")
            self._file.truncate(whole)
            self._file.seek(whole)
            if not whole:
                self._write(json.dumps({"format": FORMAT, **run}))
        except OSError as error:
            raise UsageError(f"--resume {path}: cannot write the file ({error.strerror}). Name another file.") from None

    def replay(self, sequence: CaseSequence, index: int, request: Request) -> Replayed | None:
        """Return the stored response to a request, or None; each response is returned once."""
        with self._lock:
            known = self._known[sequence.id, index, _digest(request)]
            if not known:
                return None
            self.replayed += 1
            line = known.popleft()
        return Replayed(_outcome(line), stale=self.now() - line["at"] > LIFETIME)

    def keep(self, sequence: CaseSequence, index: int, request: Request, outcome: Response | Breakdown) -> None:
        """Write an exchange to the file at once, unless it is too large."""
        if isinstance(outcome, Response) and len(outcome.body) > _MOST_LINE:
            return
        line = {
            "sequence": sequence.id,
            "index": index,
            "request": _digest(request),
            "at": self.now(),
            "elapsed": outcome.elapsed,
        }
        if isinstance(outcome, Breakdown):
            line["breakdown"] = [outcome.kind, self.secrets.masked(outcome.detail)]
        else:
            line["status"] = outcome.status
            line["headers"] = [[name, self.secrets.masked(value)] for name, value in outcome.headers]
            line["body"] = base64.b64encode(self.secrets.masked_bytes(outcome.body)).decode("ascii")
        # A server can distribute the key over several headers.
        written = self.secrets.masked(json.dumps(line))
        with self._lock:
            if len(written) <= _MOST_LINE and self._size + len(written) <= _MOST_BYTES:
                self._write(written)

    def close(self) -> None:
        self._file.close()

    def _write(self, line: str) -> None:
        self._size += self._file.write(line + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self, run: dict[str, Any]) -> int:
        """Read the stored exchanges and return the number of bytes in complete lines."""
        if not self.path.exists():
            return 0
        if not self.path.is_file() or self.path.stat().st_size > _MOST_BYTES + _MOST_LINE:
            raise self._not_a_checkpoint()
        if self.path.stat().st_size == 0:
            return 0
        try:
            complete, head = self._read_lines()
            is_checkpoint = head["format"] == FORMAT
        except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
            raise self._not_a_checkpoint(f" ({type(error).__name__})") from None
        if not is_checkpoint:
            raise self._not_a_checkpoint()
        if head != {"format": FORMAT, **run}:
            other = ", ".join(name for name in run if head.get(name) != run[name]) or "keys"
            raise UsageError(
                f"--resume {self.path}: the checkpoint file belongs to another run (other {other}). {_HINT}"
            )
        return complete

    def _read_lines(self) -> tuple[int, dict[str, Any]]:
        """Read the complete lines; return their bytes and the first one."""
        complete, head = 0, None
        with self.path.open("rb") as file:
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                line = json.loads(raw)
                complete += len(raw)
                if head is None:
                    head = line
                    continue
                _outcome(line)
                at = float(line.get("at", 0.0))
                self._known[line["sequence"], line["index"], line["request"]].append({**line, "at": at})
        return complete, head or {}

    def _not_a_checkpoint(self, detail: str = "") -> UsageError:
        return UsageError(f"--resume {self.path}: not a checkpoint file{detail}. {_HINT}")


def _digest(request: Request) -> str:
    """Return a digest that identifies the request without revealing it."""
    return hashlib.sha256(b"\0".join([request.method.encode(), request.path.encode(), request.body])).hexdigest()[:24]


def _outcome(line: dict[str, Any]) -> Response | Breakdown:
    if "breakdown" in line:
        kind, detail = line["breakdown"]
        return Breakdown(kind, str(detail), float(line["elapsed"]))
    headers = tuple((str(name), str(value)) for name, value in line["headers"])
    body = base64.b64decode(line["body"], validate=True)
    return Response(int(line["status"]), headers, body, float(line["elapsed"]))
