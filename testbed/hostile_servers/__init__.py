"""Servers that attack their client, and a program that verifies each of them and measures time and memory."""
