"""State that changes from request to request: conversations, ids, rules, journal. Kept in process or in Redis."""
