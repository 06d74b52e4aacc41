"""Measures the verifier: whether it finds every planted fault and reports no correct server.

`python -m testbed.quality` verifies all of `testbed/faulty_servers` and `testbed/correct_servers` and prints the table.
It exits with 0 if every target is met.
"""
