"""What the mock sells and says: catalogue, scenarios, search, fixture files."""
