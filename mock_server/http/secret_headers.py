"""Headers whose values no journal, log or report shows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kit_http.redaction.secrets import is_credential

REDACTED = "[redacted]"

_SESSION = re.compile(r"(?:^|[-_])(?:session(?:-?id)?|sess|sid|csrf|xsrf|otp)(?:$|[-_])")
"""Names of headers whose values are credentials of some services, and ordinary ids of others."""
_KEY = re.compile(
    r"(?i:bearer|basic|digest|negotiate|token|apikey)\s+\S"
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|-----BEGIN "
    r"|(?:[srp]k|rk|pat|key|ghp|gho|ghu|ghs|ghr|xox[abeoprs]|glpat|hf|npm|pypi|whsec|github_pat|shpat)[-_][\w-]{16,}"
    r"|(?:AKIA|ASIA|AIza|ya29\.)[\w-]{12,}"
)
"""Beginnings of credentials by which their issuers let programs such as secret scanners find them."""


def is_secret(name: str, value: str) -> bool:
    """Return whether a header carries a key, a token or a cookie, as its name or its value shows."""
    return is_credential(name) or _SESSION.search(name.lower()) is not None or _KEY.match(value.strip()) is not None


def redacted_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with the values of keys, tokens and cookies redacted."""
    return {name: REDACTED if is_secret(name, value) else value for name, value in headers.items()}
