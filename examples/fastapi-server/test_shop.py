"""The contract as a unit test, with the fixture ``verify_chat_app`` of the kit."""

from __future__ import annotations

from shop import app


def test_chat_follows_the_contract(verify_chat_app):
    verify_chat_app(app)
