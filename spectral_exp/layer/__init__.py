"""Layers whose weight is written as eigenvectors times eigenvalues."""
