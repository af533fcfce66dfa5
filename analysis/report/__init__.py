"""`hypersearch report`: studies as one HTML page that needs nothing else, from the files in their
folders alone.
"""

from hypersearch.analysis.report.page import page, write_report

__all__ = ["page", "write_report"]
