"""The tools of ``chat-contract mcp``: their work, limits and results."""
