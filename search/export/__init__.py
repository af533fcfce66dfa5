"""`hypersearch export` and `hypersearch predict`: models out of a study, and at work."""
