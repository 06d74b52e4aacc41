"""Every sentence of the verifier's reports, by the id it stands for. No other code may depend on these texts."""

from __future__ import annotations

from enum import StrEnum

from chat_verifier.findings.cause import Confirmation
from chat_verifier.findings.parity import NO_ERROR_LIST, DifferenceKind
from chat_verifier.findings.traffic import Ignored
from chat_verifier.findings.verdict import ClauseReason, ClauseVerdict, RunReasonId, RunVerdict
from chat_verifier.planning.plan import Pairs
from chat_verifier.run.stop import Interruption

RUN_VERDICTS: dict[str, str] = {
    RunVerdict.CONFORMS: "conforms to the contract",
    RunVerdict.VIOLATES: "violates the contract",
    RunVerdict.UNSTABLE: "fails intermittently",
    RunVerdict.INCONCLUSIVE: "could not be verified completely",
    RunVerdict.NO_VIOLATION: "shows no violation, but was not tested completely",
}

RUN_REASONS: dict[str, str] = {
    RunReasonId.CLAUSES_VIOLATED: "Violated clauses: {clauses}.",
    RunReasonId.CLAUSES_NOT_EXERCISED: "No test case exercised these clauses: {clauses}.",
    RunReasonId.VIOLATIONS_NOT_CONFIRMED: "Violations seen once, not confirmed before a limit was reached: {clauses}.",
    RunReasonId.FAILURES_COME_AND_GO: "Failures that did not recur when the requests were sent again: {clauses}.",
    RunReasonId.INTERRUPTED: "A signal ended the run.",
    RunReasonId.RATE_LIMITED: "The server kept responding with 429. Set a longer --max-wait or a lower --rate-limit.",
    RunReasonId.TRAFFIC_INCOMPLETE: "These clauses were not exercised: {clauses}.",
}

RAISE_THE_LIMIT = "Raise the limit of the run, such as --max-requests, or leave out --quick."
"""How to fix a verdict that a limit on requests, cost or time caused."""

CLAUSE_VERDICTS: dict[str, str] = {
    ClauseVerdict.PASS: "{count} passed",
    ClauseVerdict.FAIL: "{count} failed",
    ClauseVerdict.WARN: "{count} with warnings",
    ClauseVerdict.WAIVED: "{count} waived",
    ClauseVerdict.OBSERVED: "{count} observed",
    ClauseVerdict.SKIPPED: "{count} not exercised",
}

CLAUSE_REASONS: dict[str, str] = {
    ClauseReason.NOT_EXERCISED: "no exchange to check",
    ClauseReason.NEEDS_EXPECT_AUTH: "needs --expect-auth",
    ClauseReason.NEEDS_EXAMPLE: 'needs an example named "documented" in the OpenAPI document',
    ClauseReason.NOT_RECORDED: "recorded traffic cannot show it",
    ClauseReason.NOT_CONFIRMED: "violation not confirmed",
    ClauseReason.VIOLATIONS_SEEN: "not always satisfied",
    ClauseReason.NO_VIOLATION_SEEN: "always satisfied",
}

CONFIRMATIONS: dict[str, str] = {
    Confirmation.CONFIRMED: "seen {times}",
    Confirmation.INTERMITTENT: "intermittent: seen in {seen} of {sent} requests",
    Confirmation.NOT_CONFIRMED: "seen once, not confirmed",
}

BREAKDOWNS: dict[str, str] = {
    "reset": "connection closed",
    "truncated": "incomplete response",
    "silence": "no response in time",
    "garbled": "not an HTTP response",
    "too-long": "response without end",
}

GROUPS: dict[str, str] = {"request": "acceptance", "http": "HTTP"}
"""What kind of test cases a group holds; other groups use their own name."""


IGNORED: dict[str, str] = {
    Ignored.OTHER_OPERATION: "{count} of another operation",
    Ignored.PREFLIGHT: "{count} from CORS preflights",
    Ignored.NO_RESPONSE: "{count} without a response",
    Ignored.NO_BODY: "{count} whose body the file does not contain",
    Ignored.REDIRECT: "{count} redirected",
    Ignored.NO_PERMISSION: "{count} with status 401",
    Ignored.CREDENTIAL_TEST: "{count} that test credentials",
    Ignored.FORCED: "{count} with a response that a rule or preference of the mock chose",
}
"""Why recorded exchanges are not judged."""

VERDICT_NAMES: dict[str, str] = {RunVerdict.NO_VIOLATION: "no violation seen"}
"""The first words of a text report, where they are not the verdict itself."""


COVERAGE: dict[str, str] = {
    Pairs.MUST_ACCEPT: "{share} of must-accept pairs",
    Pairs.UNSPECIFIED: "{share} of pairs with an unspecified value",
    Pairs.TRIPLES: "{share} of must-accept triples",
    Pairs.SEVERAL_FAULTS: "{share} of pairs with a wrong value",
    Pairs.ONE_FAULT: "{share} of pairs whose wrong value is the only one",
}
"""What the plan combines."""


INTERRUPTIONS: dict[str, str] = {
    Interruption.SIGINT: "Interrupted (Ctrl-C): this report holds what was judged before.",
    Interruption.SIGTERM: "Interrupted (SIGTERM): this report holds what was judged before.",
}


class Heading(StrEnum):
    """A heading of a report."""

    VIOLATIONS = "violations"
    FINDINGS = "findings"
    WARNINGS = "warnings"
    WAIVED = "waived"
    NOT_EXERCISED = "not-exercised"
    PROFILE = "profile"
    PROFILE_CHANGES = "profile-changes"
    NOT_SENT = "not-sent"
    NOT_PLANNED = "not-planned"
    COVERAGE = "coverage"
    IGNORED = "ignored"
    CLAUSES = "clauses"
    RESPONSE_TIMES = "response-times"
    EXCHANGES = "exchanges"
    REPRODUCE = "reproduce"
    CONTRACT_COVERAGE = "contract-coverage"


HEADINGS: dict[str, str] = {
    Heading.VIOLATIONS: "Violations",
    Heading.FINDINGS: "Violations and warnings",
    Heading.WARNINGS: "Warnings",
    Heading.WAIVED: "Waived violations",
    Heading.NOT_EXERCISED: "Clauses not exercised",
    Heading.PROFILE: "Unspecified behaviour of this server",
    Heading.PROFILE_CHANGES: "Changes in unspecified behaviour",
    Heading.NOT_SENT: "Not sent (limit or interruption)",
    Heading.NOT_PLANNED: "Not sent (request limit)",
    Heading.COVERAGE: "Pairs of conditions that the plan covers",
    Heading.IGNORED: "Ignored exchanges",
    Heading.CLAUSES: "Clauses",
    Heading.RESPONSE_TIMES: "Response times",
    Heading.EXCHANGES: "Exchanges",
    Heading.REPRODUCE: "Reproduce",
    Heading.CONTRACT_COVERAGE: "Coverage of the request",
}

DIFFERENCES: dict[str, str] = {
    DifferenceKind.OPEN_QUESTION: "open question",
    DifferenceKind.STATUS: "status",
    DifferenceKind.ERROR_LOCATIONS: "error locations",
    DifferenceKind.ERROR_TYPES: "error types",
    DifferenceKind.ERROR_ORDER: "order of errors",
    DifferenceKind.FIELDS: "fields of the reply",
}

DIFFERENCE_VALUES: dict[str, str] = {NO_ERROR_LIST: "no list of errors"}


class Absence(StrEnum):
    """What an empty side of a difference means."""

    FIELD = "no-field"
    ERROR = "no-error"
    REPLY = "reply"


ABSENCES: dict[str, str] = {
    Absence.FIELD: "absent",
    Absence.ERROR: "not reported",
    Absence.REPLY: "the whole reply",
}
