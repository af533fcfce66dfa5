"""The model families that learn from labels or pixels, one file each."""
