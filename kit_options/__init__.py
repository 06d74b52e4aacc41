"""Values of command-line options that several packages share: numbers, sizes, durations, and groups of options."""
