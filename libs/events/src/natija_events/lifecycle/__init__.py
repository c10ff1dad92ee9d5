"""The life cycle of an appeal: the table of transitions, and the fold."""
