"""`hypersearch compare`: groups of studies side by side."""
