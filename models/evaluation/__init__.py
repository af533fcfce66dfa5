"""What is measured of a fitted model, and the arrays that its pictures are made of."""
