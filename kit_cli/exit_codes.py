"""What the exit codes of every command mean."""

FINE = 0
FINDINGS = 1
CANNOT_JUDGE = 2
