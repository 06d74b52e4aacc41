"""Recognise the commands that :mod:`chat_verifier.report.reproduce` writes, in a report that comes from a file.

A user pastes them into a shell, so nothing else may pass: only calls of curl in the known forms, for the requests and
the server of the report. Texts are quoted, on one line and printable. A terminal would take control characters, also in
quotes, as keys that the user presses.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection

from chat_verifier.report.reproduce import EXTRACT, ISSUED, ISSUED_IN_OTHER_CASE, OTHER_CONVERSATIONS, SHOW_NEXT
from kit_http.headers import is_token
from kit_http.redaction.secrets import EXPRESSION

# The quantifiers are possessive: a command has one reading, and it is found in linear time.
_PLAIN = r"[A-Za-z0-9@%_+=:,./-]|'[^'\n]*+'|\"'\""
_WORD = rf"(?:{_PLAIN})++"
_FILLED = rf'"(?:[^"\\$`!\n]|{EXPRESSION.pattern})++"'
_HEADER = rf"(?:{_PLAIN}|{_FILLED})++"
_REPEATED = r"\"\$\(printf '%\.0s[^'!\n]*+' \$\(seq [1-9][0-9]{0,7}\)\)\""
_VARIABLE = "|".join(re.escape(f'"{one.text}"') for one in (ISSUED, ISSUED_IN_OTHER_CASE))
_INSERTED = rf"(?:{_VARIABLE}|{_REPEATED})"
_BODY = rf"(?:{_PLAIN}|{_INSERTED})++"
_OPTIONS = rf"(?: -g)?+(?: --insecure)?+(?: --(?:cacert|cert|key) {_WORD})*+(?: --proxy (?:{_FILLED}|{_WORD}))?+"
_CALL = rf"curl -sS(?: -i)?+ (?:-I|-X {_WORD}){_OPTIONS} {_WORD}(?: -H {_HEADER})*+"
_PRINTED = rf"printf '(?!-)[^'\n]*+'(?: {_INSERTED})*+ \| {_CALL} --data-binary @-"
_CURL = rf"(?:{_PRINTED}|{_CALL}(?: -d ''| --data-raw {_BODY})?+)"

_AT_ONCE = "for n in 1 2 3 4 5 6; do \\("
_FIRST = rf"conversation_id=\$\({_CURL} \| {re.escape(EXTRACT)}\)"
_BETWEEN = rf"for n in \$\(seq {OTHER_CONVERSATIONS}\); do {_CURL} > /dev/null; done"
_COMMAND = re.compile(
    "|".join(
        (
            _CURL,
            rf"{_FIRST}\n(?:{_BETWEEN}\n)?+{_CURL}(?:\n{_CURL})*+",
            rf"{_AT_ONCE}{_CURL}; echo\) & done; wait",
            rf"{_AT_ONCE}\n{_FIRST}\nresponse=\$\({_CURL}\)\n{re.escape(SHOW_NEXT)}\n\) & done; wait",
        )
    )
)
_REQUEST = re.compile(
    rf"curl -sS(?: -i)?+ (?:(?P<head>-I)|-X (?P<method>{_WORD})){_OPTIONS} (?P<url>{_WORD})"
    rf"(?P<headers>(?: -H {_HEADER})*+)"
)
_TRANSPORT = re.compile(r" --(?:insecure|proxy|cacert|cert|key) ")
_KEYED = re.compile(rf" (?:-H|--proxy) {_HEADER}")
_ONE_HEADER = re.compile(rf" -H ({_HEADER})")


def is_reproduction(command: str, base_url: str, requests: Collection[tuple[str, str]]) -> bool:
    """Return whether ``reproduce`` can have written the command.

    ``requests``: methods and paths of the requests in the report; the command may send only these.
    """
    if not command.replace("\n", "").isprintable() or _COMMAND.fullmatch(command) is None:
        return False
    return all(_is_known(call, base_url.rstrip("/"), requests) for call in _calls(command))


def without_keys(command: str) -> str:
    """Return the command without the headers and the proxy that contain a key or password of the user."""
    return _KEYED.sub(lambda one: "" if EXPRESSION.search(one[0]) else one[0], command)


def has_transport_options(command: str) -> bool:
    """Return whether a command names a proxy or certificates, or does not verify those of the server."""
    return _TRANSPORT.search(command) is not None


def _calls(command: str) -> list[re.Match[str]]:
    """Return the calls of curl; ``_CURL`` finds each as a whole, so that a body that contains one is not searched."""
    found = (_REQUEST.search(one[0], _start(one[0])) for one in re.finditer(_CURL, command))
    return [one for one in found if one is not None]


def _start(call: str) -> int:
    """Return where curl starts, after the quoted format and the arguments of ``printf``."""
    printed = re.match(rf"printf '[^'\n]*+'(?: {_INSERTED})*+ \| ", call)
    return 0 if printed is None else printed.end()


def _is_known(call: re.Match[str], base_url: str, requests: Collection[tuple[str, str]]) -> bool:
    method = "HEAD" if call["head"] else _unquoted(call["method"])
    url = _unquoted(call["url"])
    path = url.removeprefix(base_url)
    headers = (_unquoted(one[1]) for one in _ONE_HEADER.finditer(call["headers"]))
    is_sent = url.startswith(f"{base_url}/") and (method, path) in requests
    return is_sent and all(is_token(re.split("[:;]", header)[0]) for header in headers)


def _unquoted(word: str) -> str:
    return "".join(shlex.split(word))
