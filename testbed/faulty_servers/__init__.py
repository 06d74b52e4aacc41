"""Servers with exactly one planted fault each, and correct ones: the judge's sparring partners.

`python -m testbed.faulty_servers NAME` serves one, `--list` names them, `python -m testbed.faulty_servers.run_all` lets
`chat-contract verify` judge them all.
"""
