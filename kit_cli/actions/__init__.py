"""The work of commands. Their modules are imported when a command runs, not for its help."""
