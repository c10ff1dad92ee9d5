"""Analytics: history, facts, reports."""
