"""From the contract to scripts. Everything is derived: fields, types, bounds and samples come from the contract."""
