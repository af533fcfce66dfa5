"""Study files that come with hypersearch."""
