"""What a study will do, settled before anything starts."""
