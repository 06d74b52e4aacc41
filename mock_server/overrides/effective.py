"""The override that applies to one request: its preferences, completed by the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mock_server.http.messages import Answer, problem
from mock_server.http.source import ReplySource, Source
from mock_server.overrides.matching import Asked
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
    rules: Rules, choices: Choices, prefer: str | None, asked: Callable[[], Asked]
) -> Effective | Answer:
    """Return the override for a request, or a 400 if a preference or a rule is invalid.

    ``prefer`` is the header. ``asked`` reads the request; only rules with conditions need it.
    """
    try:
        preferred = read_preferences(prefer, choices)
    except OverrideError as error:
        return override_problem(error, "Unknown preference", "preference", ReplySource.UNKNOWN_PREFERENCE)
    override = rules.next(preferred, asked() if rules.need_body else None)
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
