"""DBSCAN: neighbours and trees that many settings share, and the labels of each setting."""
