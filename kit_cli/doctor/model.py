"""The report of ``chat-contract doctor``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from chat_contract.version import __version__


class Status(StrEnum):
    """What a finding means for the kit."""

    OK = "ok"
    WARNING = "warning"
    """A part of the kit does less."""
    PROBLEM = "problem"
    """A command fails."""


class Check(StrEnum):
    """What a finding is about."""

    PYTHON = "python"
    KIT = "kit"
    PACKAGES = "packages"
    EXTRAS = "extras"
    PROGRAMS = "programs"
    BROWSER = "browser"
    CACHE = "cache"
    PROXY = "proxy"
    CONFIGURATION = "configuration"
    ENVIRONMENT = "environment"
    CONTRACT = "contract"
    FIXTURES = "fixtures"
    PORTS = "ports"
    STORE = "store"


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``fix`` says what to do about a warning or a problem."""

    check: Check
    status: Status
    text: str
    fix: str = ""


@dataclass(frozen=True)
class DoctorReport:
    """The report; ``status`` is the worst of its findings."""

    format: Literal["chat-contract-doctor"]
    version: Literal[1]
    tool: str
    status: Status
    findings: tuple[Finding, ...]

    def count(self, status: Status) -> int:
        """Return the number of findings with this status."""
        return sum(finding.status is status for finding in self.findings)


def build_report(found: Iterable[Finding]) -> DoctorReport:
    """Return the report with these findings."""
    findings = tuple(found)
    worst = max((finding.status for finding in findings), key=list(Status).index, default=Status.OK)
    return DoctorReport("chat-contract-doctor", 1, f"chat-contract {__version__}", worst, findings)


def ok(check: Check, text: str) -> Finding:
    """Return a finding without a fix."""
    return Finding(check, Status.OK, text)


def warning(check: Check, text: str, fix: str) -> Finding:
    """Return a finding for which a part of the kit does less."""
    return Finding(check, Status.WARNING, text, fix)


def problem(check: Check, text: str, fix: str) -> Finding:
    """Return a finding for which a command fails."""
    return Finding(check, Status.PROBLEM, text, fix)
