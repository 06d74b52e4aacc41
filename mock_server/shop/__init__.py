"""The shop: catalogue, scenarios, search, fixture files."""
