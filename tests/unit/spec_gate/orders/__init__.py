"""A realistic document and the edits of a pull request: each edit is one finding with its own title."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).parent / "base.yaml"


@dataclass(frozen=True)
class Edit:
    """One edit of the document, and what the report says about it."""

    old: str
    new: str
    title: str
    level: str
    operations: int = 1
    witness: str = ""
    """Text that the reason of the rejecting document contains; empty for edits without a witness."""


EDITS = (
    Edit(
        "  - apiKey: []\ntags", "  - oauth: [orders]\ntags",
        "API key in header `X-Api-Key` no longer accepted; `oauth2 (orders)` required", "breaking", 11, "oauth2",
    ),
    Edit(
        "  /reports/sales:", "  /reports/revenue:",
        "Operation `GET /reports/sales` moved to `GET /reports/revenue`", "breaking", 1, "GET /reports/sales",
    ),
    Edit(
        "      required: [lines, ship_to]\n", "      required: [lines, ship_to, user_id]\n",
        "Property `user_id` became required", "breaking", 1, "'user_id' is a required property",
    ),
    Edit(
        "      required: [name, email]\n      properties:\n",
        "      required: [name, email, region]\n      properties:\n        region: {type: string}\n",
        "New required property `region`", "breaking", 1, "'region' is a required property",
    ),
    Edit(
        "[basic, plus, business]", "[plus, business]", "Enum value `basic` removed", "breaking", 3, "'basic'",
    ),
    Edit(
        "shipped, delivered, cancelled]", "shipped, delivered, returned, cancelled]",
        "Enum value `returned` added", "breaking", 4, "'returned'",
    ),
    Edit(
        "        - {name: cursor, in: query, schema: {type: string}}\n", "",
        "Query parameter `cursor` removed", "warning",
    ),
    Edit("maximum: 999}", "maximum: 99}", "Maximum of `quantity` lowered from `999` to `99`", "breaking", 1, "99"),
    Edit(
        "        tracking_url: {type: string, format: uri}\n", "",
        "Property `tracking_url` removed", "warning", 4,
    ),
    Edit(
        "    OrderPatch:\n      type: object\n",
        "    OrderPatch:\n      type: object\n      additionalProperties: false\n",
        "Additional properties of `OrderPatch` forbidden", "breaking", 1, "Additional properties",
    ),
    Edit(
        "maxLength: 4000}", "maxLength: 2000}",
        "Maximum length of `text` lowered from `4000` to `2000`", "breaking", 1, "too long",
    ),
    Edit("operationId: getCustomer", "operationId: fetchCustomer",
         "operationId `getCustomer` changed to `fetchCustomer`", "warning"),
    Edit(
        "            X-Request-Id: {required: true, schema: {type: string}}",
        "            X-Request-Id: {schema: {type: string}}",
        "Response header `X-Request-Id` became optional", "breaking", 1, "X-Request-Id",
    ),
    Edit(
        "        amount: {type: integer}", "        amount: {type: number}",
        "Type of `amount` changed from `integer` to `number`", "breaking", 5, "0.5",
    ),
    Edit(
        "maximum: 100, default: 20}", "maximum: 100, default: 50}",
        "Default of query parameter `limit` changed from `20` to `50`", "warning",
    ),
    Edit(
        "        detail: {type: string}\n", "        detail: {type: string}\n        code: {type: string}\n",
        "New optional property `code`", "info", 11,
    ),
)  # fmt: skip


def revision(*edits: Edit) -> str:
    """Return the document with some edits."""
    text = BASE.read_text("utf-8")
    for one in edits:
        assert text.count(one.old) == 1, one.old
        text = text.replace(one.old, one.new)
    return text
