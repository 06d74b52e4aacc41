"""Servers with exactly one planted fault each, and correct ones, to test the verifier.

`python -m testbed.faulty_servers NAME` serves one, `--list` lists them, and
`python -m testbed.faulty_servers.run_all` verifies them all with `chat-contract verify`.
"""
