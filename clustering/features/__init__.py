"""What clusterings are fitted on: rows of numbers made of images, step by step."""
