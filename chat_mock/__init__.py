"""A pytest plugin with the fixture ``chat_mock``, a running mock of the chat service.

pytest loads the plugin by its entry point. Until a test uses the fixture, nothing else is imported.
"""
