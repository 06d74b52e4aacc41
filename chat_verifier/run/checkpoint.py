"""What came in a run, line by line as it comes, so that a run that was cut off can go on where it was.

The first line says which run it is; each further line is one request with its answer. A line that was cut in the
middle is left out: its request is sent again.
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
from chat_verifier.run.runner import Replayed
from kit_http.redaction.secrets import Secrets

FORMAT = "chat-contract-record"

LIFETIME = 900.0
"""For how many seconds a server is trusted to keep a conversation between two runs."""


class Checkpoint:
    """One file of exchanges, read at the start and written to as they come. Thread-safe."""

    def __init__(self, path: Path, run: dict[str, Any], secrets: Secrets, *, now: Callable[[], float]) -> None:
        """Open the file, or make it; ``run`` says what the exchanges depend on, ``now`` gives Unix seconds.

        Raises :class:`UsageError`: a file that is no record, or one of another run.
        """
        self.path = path
        self.secrets = secrets
        self.now = now
        self.replayed = 0
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int, str], deque[dict[str, Any]]] = defaultdict(deque)
        whole = self._read(run)
        # What was cut off goes, so that the next line stands alone.
        try:
            self._file = path.open("r+" if whole else "w", encoding="utf-8")
            self._file.truncate(whole)
            self._file.seek(whole)
            if not whole:
                self._write({"format": FORMAT, **run})
        except OSError as error:
            raise UsageError(f"--resume {path}: cannot be written ({error.strerror}); name another file") from None

    def replay(self, sequence: CaseSequence, index: int, request: Request) -> Replayed | None:
        """Return what came to this request, if that is known; each answer once."""
        with self._lock:
            known = self._known[sequence.id, index, _digest(request)]
            if not known:
                return None
            self.replayed += 1
            line = known.popleft()
        return Replayed(_outcome(line), stale=self.now() - line["at"] > LIFETIME)

    def keep(self, sequence: CaseSequence, index: int, request: Request, outcome: Response | Breakdown) -> None:
        """Write an exchange down at once."""
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
        with self._lock:
            self._write(line)

    def close(self) -> None:
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self, run: dict[str, Any]) -> int:
        """Read what is known; returns how many bytes of the file are whole lines."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            return 0
        hint = "name a file that --resume wrote, or one that is not there yet"
        try:
            raw = self.path.read_bytes()
            lines = [json.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]
            head, *rest = lines
            same = {"format": FORMAT, **run} == head
            is_record = head["format"] == FORMAT
            for line in rest:
                _outcome(line)
                self._known[line["sequence"], line["index"], line["request"]].append({"at": 0.0, **line})
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UsageError(f"--resume {self.path}: is no record of a run ({type(error).__name__}); {hint}") from None
        if not is_record:
            raise UsageError(f"--resume {self.path}: is no record of a run; {hint}")
        if not same:
            other = ", ".join(name for name in run if head.get(name) != run[name])
            raise UsageError(f"--resume {self.path}: is the record of another run (other {other}); {hint}")
        return raw.rfind(b"\n") + 1


def _digest(request: Request) -> str:
    """Tell requests apart without holding what they carry."""
    return hashlib.sha256(b"\0".join([request.method.encode(), request.path.encode(), request.body])).hexdigest()[:24]


def _outcome(line: dict[str, Any]) -> Response | Breakdown:
    if "breakdown" in line:
        kind, detail = line["breakdown"]
        return Breakdown(kind, detail, line["elapsed"])
    headers = tuple((name, value) for name, value in line["headers"])
    return Response(int(line["status"]), headers, base64.b64decode(line["body"], validate=True), line["elapsed"])
