"""Pictures of every page that the kit makes, taken by Chromium."""
