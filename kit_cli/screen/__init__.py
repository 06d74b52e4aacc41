"""What commands show in a terminal: progress, plans, tables and explanations."""
