"""Measures the suite: does it find every planted fault, and does it leave every correct server alone?

`python -m tests.quality` judges all of `tests/faulty_servers` and `tests/correct_servers`, prints the table and ends
with 0 if every target is met.
"""
