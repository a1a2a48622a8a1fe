"""Data sets: what they hold, how they are loaded, where they come from."""
