"""Search spaces: proposing from them, checking and narrowing them, describing them."""
