"""Options that mask personal data in recordings, for ``record`` and ``mock --record``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from kit_options.groups import group
from kit_options.lines import Line

if TYPE_CHECKING:
    from kit_http.redaction.personal import Masks

with_mask_options = group(
    click.option(
        "--mask",
        type=click.Choice(["email", "phone"]),
        multiple=True,
        help="Replace personal data of this kind with pseudonyms in recordings. Repeatable.",
    ),
    click.option(
        "--mask-name",
        type=Line(),
        metavar="NAME",
        multiple=True,
        help="Replace this name with a pseudonym in recordings. Repeatable.",
    ),
)
"""Adds ``--mask`` and ``--mask-name`` to a command."""


def masks_of(given: Mapping[str, Any]) -> Masks:
    """Return the masks that the options request. Raise :class:`click.UsageError` for an empty name."""
    from kit_http.redaction.personal import Masks, PersonalData  # noqa: PLC0415 - help does without it

    names = tuple(name.strip() for name in given["mask_name"])
    if not all(names):
        raise click.UsageError("--mask-name: the name is empty. Give a name.")
    return Masks(frozenset(PersonalData(kind) for kind in given["mask"]), names)
