"""Personal data in texts: what is replaced, what is not, and by what."""

from __future__ import annotations

import pytest

from kit_http.redaction.personal import Masks, PersonalData, pseudonym

ALL = Masks(frozenset({PersonalData.EMAIL, PersonalData.PHONE}), ("Anna", "Anna Maria", "Zoë"))


@pytest.mark.parametrize(
    "value",
    [
        "anna.b+shop@mail.example.co.uk",
        "+49 170 1234567",
        "+1 (555) 123-4567",
        "0049 30 123456",
        "0170 1234567",
        "030/123 45 67",
        "(555) 123-4567",
        "555-123-4567",
        "Anna",
        "ANNA MARIA",
        "zoë",
    ],
)
def test_personal_data_is_replaced_by_a_pseudonym(value: str) -> None:
    masked, found = ALL.applied(f"I am {value}, call me.")
    assert [masking.value for masking in found] == [value]
    assert masked == f"I am {found[0].pseudonym}, call me."
    assert value not in masked


@pytest.mark.parametrize(
    "text",
    [
        "A desk of 120 x 80 cm for 1,299.00, please.",
        "Order 4711-2024, item ST678VG, 2024-06-14T10:00:00Z",
        "Version 1.2.3.4 at 10:30, 999.99 EUR, 0.5 l, 100 000 km",
        "Annabelle sent it to @shop, not to Joanna",
        "c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f",
        "4006381333931",
    ],
)
def test_other_text_is_unchanged(text: str) -> None:
    assert ALL.applied(text) == (text, ())


def test_pseudonyms_are_deterministic_and_ignore_spelling() -> None:
    assert pseudonym(PersonalData.EMAIL, "A@x.example") == pseudonym(PersonalData.EMAIL, "a@X.example")
    assert pseudonym(PersonalData.PHONE, "0170 1234567") == pseudonym(PersonalData.PHONE, "0170/123-4567")
    assert pseudonym(PersonalData.NAME, "Anna") != pseudonym(PersonalData.NAME, "Zoë")


def test_masking_twice_changes_nothing() -> None:
    once, _ = ALL.applied("Anna, a@x.example, +49 170 1234567")
    masks = Masks(frozenset({PersonalData.EMAIL}), ALL.names)
    assert masks.applied(once)[0].count("@example.com") == 1
    assert "Anna" not in once


def test_nothing_is_masked_by_default() -> None:
    assert Masks().applied("Anna, a@x.example, +49 170 1234567")[1] == ()


def test_kept_properties_are_not_masked() -> None:
    value = {"item_id": "555-123-4567", "title": ["call 555-123-4567"], "stock": 3}
    masked, found = ALL.applied_to(value, frozenset({"item_id"}))
    assert masked == {"item_id": "555-123-4567", "title": [f"call {found[0].pseudonym}"], "stock": 3}
