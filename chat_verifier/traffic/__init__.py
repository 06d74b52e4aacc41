"""Recorded traffic: read from a file, judged by the same oracle as a run, reported with the same model."""
