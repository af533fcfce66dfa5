"""K-means: Lloyd's iterations, and the curve over many k."""
