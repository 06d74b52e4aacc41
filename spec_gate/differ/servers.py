"""Compares the URLs of the servers, and the defaults of the variables in them."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from spec_gate.differ.changes import Action, Change, ChangeKind, Pairing
from spec_gate.differ.surface import VARIABLE, Listed, Operation, Surface, same_servers
from spec_gate.source.documents import Place

_MAX_NAMED = 8
"""How many lost URLs of one server are changes of their own."""
_MAX_EXPANDED = 64


def compare_servers(base: Surface, revision: Surface, pairings: list[Pairing]) -> Iterator[Change]:
    """Return the changes of servers; a server that affects many operations is one change."""
    yield from _urls(pairings)
    yield from _server_defaults(base, revision, pairings)


def _urls(pairings: list[Pairing]) -> Iterator[Change]:
    """Compare the URLs of each operation."""
    incoming = [pairing for pairing in pairings if not pairing.base.outgoing]
    lost = _without_url([(one, one.base, one.revision) for one in incoming])
    for (server, url), affected in lost.items():
        first = affected[0]
        place = next(iter(first.revision.servers.values()))
        yield Change(kind=ChangeKind.SERVER, action=Action.REMOVED, name=url, operations=_labels(affected),
                     base=first.base.servers[server], revision=place, before=url,
                     after=sorted(first.revision.servers), pairing=first)  # fmt: skip
    gained = _without_url([(one, one.revision, one.base) for one in incoming])
    for (server, url), affected in gained.items():
        yield Change(kind=ChangeKind.SERVER, action=Action.ADDED, name=url, operations=_labels(affected),
                     revision=affected[0].revision.servers[server])  # fmt: skip


def _without_url(compared: list[tuple[Pairing, Operation, Operation]]) -> dict[tuple[str, str], list[Pairing]]:
    """Return the URLs of the first operation that the second one does not have, each after its server."""
    found: dict[tuple[str, str], list[Pairing]] = {}
    for pairing, one, other in compared:
        free = {other.url_at(server) for server in other.servers if server not in other.listed}
        for server in one.servers:
            for url in _missing(one, server, other, free):
                found.setdefault((server, url), []).append(pairing)
    return found


def _missing(one: Operation, server: str, other: Operation, free: set[str]) -> list[str]:
    """Return the URLs of a server that the other operation does not have; ``free`` are its URLs without lists."""
    url = one.url_at(server)
    if url in free:
        return []
    ours = one.listed.get(server)
    if ours is None:
        known = any(_is_listed(url, other.url_at(template), listed)
                    for template, entries in other.listed.items() for listed in entries)  # fmt: skip
        return [] if known else [server]
    theirs = next((entries for template, entries in other.listed.items() if other.url_at(template) == url), ())
    named = [name for listed in ours for name in _lost(one, server, listed, theirs, free)]
    return named if server not in named and len(named) <= _MAX_NAMED else [server]


def _lost(one: Operation, server: str, listed: Listed, theirs: tuple[Listed, ...], free: set[str]) -> list[str]:
    """Return the URLs for some values of the variables that no entry of the other list has; a template for many."""
    lost = [listed]
    for entry in theirs:
        lost = list(dict.fromkeys(rest for values in lost for rest in _without(values, entry)))
    names = [name for values in lost for name in _named(server, values, listed)]
    if lost and all(one.url_at(url) in free for values in lost for url in _named(server, values, ())):
        return []
    return names


def _without(values: Listed, entry: Listed) -> Iterator[Listed]:
    """Return values of the variables that together are all that another entry does not have."""
    for at, (ours, theirs) in enumerate(zip(values, entry, strict=True)):
        if theirs is not None and (ours is None or ours - theirs):
            yield (*values[:at], None if ours is None else ours - theirs, *values[at + 1 :])


def _named(server: str, values: Listed, whole: Listed) -> Iterator[str]:
    """Return the URLs for values of the variables; a variable that has all values of ``whole`` keeps its name."""
    some = {at: sorted(ours) for at, ours in enumerate(values) if ours is not None and ours not in whole[at : at + 1]}
    if math.prod(map(len, some.values())) > _MAX_EXPANDED:
        some = {}
    for choice in itertools.product(*some.values()):
        yield _with_values(server, dict(zip(some, choice, strict=True)))


def _is_listed(url: str, template: str, listed: Listed) -> bool:
    """Return whether a URL is one of those that a template with lists of values stands for."""
    literals = template.split("{}")
    patterns = [".*" if values is None else "|".join(map(re.escape, sorted(values))) for values in listed]
    parts = [f"(?:{pattern})" for pattern in (*patterns, *[".*"] * (len(literals) - 1 - len(patterns)))]
    expression = "".join(re.escape(literal) + part for literal, part in zip(literals, (*parts, ""), strict=True))
    return re.fullmatch(expression, url) is not None


def _with_values(server: str, values: Mapping[int, str]) -> str:
    """Return the URL of a server with values for some of its variables."""
    numbers = itertools.count()
    return VARIABLE.sub(lambda found: values.get(next(numbers), found[0]), server)


def _server_defaults(base: Surface, revision: Surface, pairings: list[Pairing]) -> Iterator[Change]:
    """Compare the defaults of the variables in the URLs of servers; names of variables do not matter."""
    affected: dict[tuple[Place, Place], list[Pairing]] = {}
    for pairing in pairings:
        for places in () if pairing.base.outgoing else same_servers(pairing.base, pairing.revision):
            affected.setdefault(places, []).append(pairing)
    for (place, other), some in affected.items():
        ours, theirs = _defaults(base.document.at(place)), _defaults(revision.document.at(other))
        for (name, before), (new_name, after) in zip(ours, theirs, strict=False):
            if before != after:
                yield Change(kind=ChangeKind.SERVER_DEFAULT, action=Action.CHANGED, name=name, operations=_labels(some),
                             base=place / "variables" / name, revision=other / "variables" / new_name, before=before,
                             after=after)  # fmt: skip


def _defaults(server: Any) -> list[tuple[str, Any]]:
    """Return each variable in the URL of a server with its default, in the order of the URL."""
    variables = server.get("variables") or {}
    return [(name, variables.get(name, {}).get("default")) for name in VARIABLE.findall(server.get("url", ""))]


def _labels(pairings: list[Pairing]) -> tuple[str, ...]:
    return tuple(pairing.label for pairing in pairings)
