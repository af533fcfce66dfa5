"""From study folders to tables, figures and pages."""
