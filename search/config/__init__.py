"""Every setting of a study, from the command line and from study files."""
