"""Runs of a sweep trained as one batch of networks."""
