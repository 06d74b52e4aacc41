"""The mock in one's own pytest tests: the fixture ``chat_mock``.

pytest finds the plugin by its entry point; until a test asks for the fixture, nothing but this is imported.
"""
