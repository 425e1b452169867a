"""The move from SQLite to PostgreSQL: every row of every service, and proof that they all arrived."""
