"""Process managers: rows that need something become proposals."""
