"""What all reports share: targets, the JSON codec, JUnit, the HTML page, and waivers."""
