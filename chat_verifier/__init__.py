"""Verify a server against the contract: plan test cases, send them, judge the exchanges, report.

planning/  what to send: test cases, case sequences and packs, as plain data
target/    the server: HTTP client and probe; the only code that opens a connection
run/       play the sequences within the request budget; checkpoint files
findings/  causes, verdicts, waivers, the profile of unspecified behaviour, parity of two servers
report/    the typed report, its JSON Schema and its formats
verify.py  one run from beginning to end
"""
