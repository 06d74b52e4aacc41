"""Reads the documents to compare: from a file, a git revision, a URL or standard input."""
