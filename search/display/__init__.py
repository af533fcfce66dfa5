"""What the terminal shows while a study runs."""
