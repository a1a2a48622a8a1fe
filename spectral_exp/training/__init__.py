"""One training, put together from a configuration, and what a run makes of it: checks, choice, ranking, refit."""
