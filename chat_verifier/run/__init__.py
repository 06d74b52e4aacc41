"""Plays a plan on a server: order, workers, pacing, budget, checkpoint file."""
