"""How the strength of a penalty moves over training."""
