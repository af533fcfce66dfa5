"""Data sets: where they come from, how they are read, and the arrays that trials share."""
