"""Runs the tests of examples/frontend again and again with several workers against one mock."""
