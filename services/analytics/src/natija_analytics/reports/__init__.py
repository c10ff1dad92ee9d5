"""Reports as data: counts and overdue appeals, as of an instant, by the realm's definitions."""
