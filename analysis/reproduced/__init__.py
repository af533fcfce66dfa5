"""The tables of published reports, filled in from study folders."""
