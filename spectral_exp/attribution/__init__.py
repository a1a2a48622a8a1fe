"""Rankers of inputs, other people's and ours, behind one interface; the work is done by the library itself."""
