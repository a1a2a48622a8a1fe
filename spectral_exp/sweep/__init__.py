"""The jobs of a sweep: each one a process of its own."""
