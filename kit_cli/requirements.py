"""Compares the packages that the kit requires with those that are installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement

DISTRIBUTION = "chat-contract"


@dataclass(frozen=True)
class Extra:
    """An extra: its principal package, which shows whether it is installed, and the commands that need the extra."""

    principal: str
    commands: str


EXTRAS = {
    "suite": Extra("schemathesis", "verify, judge, parity, report and schema"),
    "gate": Extra("jsonschema-rs", "diff"),
    "load": Extra("locust", "load"),
    "mcp": Extra("mcp", "mcp"),
    "redis": Extra("redis", "mock --store"),
}
"""The extras for users. The others are for developers of the kit."""


@dataclass(frozen=True)
class Package:
    """A required package. ``version`` is None if it is not installed."""

    name: str
    required: str
    version: str | None
    suitable: bool


def distribution(name: str = DISTRIBUTION) -> metadata.Distribution | None:
    """Return an installed distribution, by default that of the kit; None without one."""
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def packages_of(extra: str = "") -> tuple[Package, ...]:
    """Return the packages that an extra adds, or those of the base install; none for a kit that is not installed."""
    found = distribution()
    requirements = (found.requires if found is not None else None) or []
    return tuple(_packages(requirements, extra))


def complete_extras() -> list[str]:
    """Return the extras whose packages are installed."""
    return [extra for extra in EXTRAS if is_complete(packages_of(extra))]


def is_complete(packages: tuple[Package, ...]) -> bool:
    """Return whether there are packages, and all are installed in a suitable version."""
    return bool(packages) and all(package.suitable for package in packages)


def _packages(requirements: list[str], extra: str) -> Iterator[Package]:
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if _applies(requirement, extra):
            yield _package(requirement)


def _applies(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    in_base = marker is None or marker.evaluate({"extra": ""})
    return in_base if not extra else not in_base and marker is not None and marker.evaluate({"extra": extra})


def _package(requirement: Requirement) -> Package:
    found = distribution(requirement.name)
    version = None if found is None else found.version
    suitable = version is not None and requirement.specifier.contains(version, prereleases=True)
    return Package(requirement.name, str(requirement.specifier), version, suitable)
