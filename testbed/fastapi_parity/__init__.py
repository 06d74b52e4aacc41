"""Whether the mock answers as FastAPI does: ``python -m testbed.fastapi_parity`` asks both the same, 20,000 times."""
