"""The override that applies to one request: its preferences, completed by the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mock_server.http.messages import Answer, problem
from mock_server.http.source import ReplySource, Source
from mock_server.overrides.prefer import read_preferences
from mock_server.overrides.reading import Choices, check_still_valid
from mock_server.overrides.rules import NO_OVERRIDE, Override, OverrideError, Rules


@dataclass(frozen=True, slots=True)
class Effective:
    """The override for a request, and the part of it that the request's ``Prefer`` header asked for."""

    override: Override = NO_OVERRIDE
    preferred: Override = NO_OVERRIDE

    @property
    def is_empty(self) -> bool:
        """Return whether the normal response stays as it is."""
        return self.override is NO_OVERRIDE

    def source(self, name: str, value: object) -> Source:
        """Return the source of a response that the key ``name`` chose."""
        kind = ReplySource.PREFER if self.preferred.sets_response else ReplySource.RULE
        return Source(kind, (name, str(value)))


NOTHING = Effective()


def choose_override(
    rules: Rules, choices: Choices, prefer: str | None, body: Callable[[], Mapping[str, Any]]
) -> Effective | Answer:
    """Return the override for a request, or a 400 if a preference or a rule is invalid.

    ``prefer`` is the header. ``body`` reads the body; only rules for one conversation or user need it.
    """
    try:
        preferred = read_preferences(prefer, choices)
    except OverrideError as error:
        return override_problem(error, "Unknown preference", "preference", ReplySource.UNKNOWN_PREFERENCE)
    override = _next(rules, preferred, body)
    if override is NO_OVERRIDE:
        return NOTHING
    try:
        check_still_valid(override, choices)
    except OverrideError as error:
        return override_problem(error, "Rule no longer valid", "rule key", ReplySource.OUTDATED_RULE)
    return Effective(override, preferred)


def override_problem(error: OverrideError, title: str, subject: str, source: ReplySource = ReplySource.MOCK) -> Answer:
    """Return a 400 that names the invalid part and the valid values."""
    detail = error.detail(subject)
    more = {"name": error.name, "value": error.value, "valid": list(error.valid)}
    return problem(400, title, detail, source=Source(source), **more)


def _next(rules: Rules, preferred: Override, body: Callable[[], Mapping[str, Any]]) -> Override:
    if not rules.need_body:
        return rules.next(preferred)
    given = body()
    return rules.next(preferred, given.get("conversation_id"), given.get("user_id"))
