"""Rules: what a change is called, how grave it is, why, and how to do it without breaking."""
