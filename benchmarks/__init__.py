"""How fast the mock is, next to other servers that do the same work: ``python -m benchmarks``, or ``make bench``."""
