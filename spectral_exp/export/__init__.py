"""The slim model: a network of the kept inputs only, which runs without this package."""
