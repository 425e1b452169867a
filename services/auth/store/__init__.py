"""SQL that the rules depend on, a file for each table."""
