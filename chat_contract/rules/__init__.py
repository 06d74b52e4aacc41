"""The rules: one small function a clause, by group of clauses; :data:`chat_contract.judge.RULES` is the table."""
