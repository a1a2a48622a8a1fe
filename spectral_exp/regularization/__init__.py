"""Penalties on eigenvalues and eigenvectors, and the schedules of their strength."""
