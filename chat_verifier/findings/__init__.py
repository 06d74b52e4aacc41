"""What a run found: causes, verdicts, waivers, unspecified behaviour."""
