"""PostgreSQL: engines, transactions, and comparing tables."""
