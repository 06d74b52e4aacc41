"""Finds changes of an OpenAPI document that break clients, each with a witness that proves it."""
