"""Compares the mock's responses with FastAPI's: ``python -m testbed.fastapi_parity``."""
