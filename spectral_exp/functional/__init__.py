"""Pure tensor functions: the maths, free of state, Lightning and Hydra."""
