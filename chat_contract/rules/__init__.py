"""The rules: one small function a clause, by group of clauses; :data:`chat_contract.conformance.RULES` is the table."""
