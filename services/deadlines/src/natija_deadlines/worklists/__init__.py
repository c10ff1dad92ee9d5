"""Worklists for those who act on terms: what is due soon and what is in breach, and a calendar for each executor."""
