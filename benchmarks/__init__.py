"""How fast the mock is, beside others that do the same work: ``python -m benchmarks``, or ``make bench``."""
