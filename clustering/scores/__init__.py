"""How good a clustering is: against classes, by itself, and what its clusters hold."""
