"""Test images in two dimensions, and how well such a plane tells the classes apart."""
