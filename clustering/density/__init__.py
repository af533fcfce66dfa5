"""DBSCAN: neighbours and spanning trees that many settings share, and the labels of each
setting.
"""
