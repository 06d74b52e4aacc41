"""What every report of the kit has in common: where it goes, JUnit, the HTML page, waivers."""
