"""Every fault and every correct style, by name."""

from __future__ import annotations

from .breakdown_faults import breakdown
from .conversation_faults import conversation
from .correct import CORRECT
from .credentials_faults import credentials
from .fault import Fault, Group
from .http_faults import http
from .latitude_faults import latitude
from .limit_faults import limit
from .refusal_faults import refusal
from .rejection_faults import rejection
from .reply_faults import reply
from .request_faults import request
from .robustness_faults import robust
from .validation_error_faults import error

ALL: tuple[Group, ...] = (
    request, rejection, refusal, error, reply, limit, conversation, http, robust, breakdown, latitude, credentials,
)  # fmt: skip
FAULTS: tuple[Fault, ...] = tuple(fault for group in ALL for fault in group.faults)
BY_NAME = {fault.name: fault for fault in FAULTS} | {style.name: style for style in CORRECT}
