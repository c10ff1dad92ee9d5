"""The history of one appeal, from the projection or from the log."""
