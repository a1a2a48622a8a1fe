"""The Lightning module that trains a model whose first layer is spectral, and what it is made of."""
