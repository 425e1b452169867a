"""All SQL that writes or that rules depend on, a file a table; lists are in queries.py."""
