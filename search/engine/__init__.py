"""How a study runs, on Ray. Read runner.py first; Ray is imported in this room alone."""
