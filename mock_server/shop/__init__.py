"""The shop: catalogue, fixture conversations, search, fixture files."""
