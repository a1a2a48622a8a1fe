"""Figures of one run: each module draws one, from what the run's files hold."""
