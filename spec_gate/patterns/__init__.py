"""Regular expressions of documents: read, matched in linear time, compared, and turned into strings."""
