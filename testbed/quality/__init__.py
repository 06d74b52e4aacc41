"""Measures the suite: does it find every planted fault, and does it leave every correct server alone?

`python -m testbed.quality` judges all of `testbed/faulty_servers` and `testbed/correct_servers`, prints the table and ends
with 0 if every target is met.
"""
