"""Rules that turn relevance into a mask."""
