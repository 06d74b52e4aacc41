"""The list of the JSON Schemas that ``chat-contract schema`` prints."""

from __future__ import annotations

from kit_cli.commands.schema import NAMES

_HEAD = """\
# JSON Schemas

`chat-contract schema NAME` prints a JSON Schema, for editors and validators.
The documentation site contains each schema as a file.

This page is generated.

| name | describes |
| --- | --- |
"""
_DESCRIBED = {
    "catalogue": "`catalogue.yaml` of [fixtures](fixtures.md#items)",
    "conversation": "a conversation of [fixtures](fixtures.md#conversations)",
    "rules": "[rules](rules.md#rules) of the mock",
    "waivers": "[waivers](../how-to/waivers.md) of `verify` and `diff`",
    "profile": "[profile](../how-to/unspecified-behaviour.md) of a server",
    "severity": "[levels](../how-to/severity.md) of findings",
    "config": "[configuration file](configuration.md)",
    "report-verify": "[JSON report](reports.md) of `verify` and `judge`",
    "report-diff": "[JSON report](reports.md) of `diff`",
    "report-load": "JSON report of [`load`](../how-to/load.md)",
    "report-doctor": "JSON report of `doctor`",
    "control": "OpenAPI document of the [control API](control-api.md)",
}


def schemas_page() -> str:
    """Return the page of all schemas."""
    rows = (f"| `{name}` | {_DESCRIBED[name]} |" for name in NAMES)
    return _HEAD + "\n".join(rows) + "\n"
