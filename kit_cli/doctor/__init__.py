"""Checks that the kit can work on this machine, and names the fix for what is wrong.

Each check is a function that returns findings. A check never raises for what it finds, never waits long, and
connects to no machine other than that of the store.
"""
