"""Early stopping: which trials stop before their full resource, one registry row a scheduler."""
