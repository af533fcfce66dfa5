"""`hypersearch reproduce`: the five reports' tables, ours beside theirs."""
