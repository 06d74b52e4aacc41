"""A key that a server distributes over a report is masked, and the report stays readable."""

from __future__ import annotations

import json

import pytest

from chat_verifier.report.leaks import LeakError, checked_text
from kit_http.redaction.secrets import secrets_of

KEY = "Sk-live-0123456789"
SECRETS = secrets_of((("X-API-Key", KEY),))


def test_text_without_the_key_is_unchanged() -> None:
    assert checked_text("the report", '{"a": 1}', SECRETS) == '{"a": 1}'


def test_key_in_several_values_is_masked_and_the_report_stays_json() -> None:
    text = json.dumps({"values": ["Sk-li", "ve-01", "23456789"], "verdict": "conforms"})
    assert json.loads(checked_text("the report", text, SECRETS)) == {
        "values": ["**-**", "**-**", "********"],
        "verdict": "conforms",
    }


def test_report_that_masking_would_break_is_not_written() -> None:
    secrets = secrets_of((("X-API-Key", '"a":{"b":1,"c":2'),))
    with pytest.raises(LeakError, match="would contain the API key"):
        checked_text("the report", '{"a":{"b":1,"c":2}}', secrets)
