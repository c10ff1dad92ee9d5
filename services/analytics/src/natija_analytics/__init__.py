"""What happened: history, facts, reports."""
