"""`hypersearch doctor` and `--dry-run`: whether a machine can run a study, and what it costs."""
