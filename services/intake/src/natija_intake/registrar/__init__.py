"""The registrar: the only writer of the log."""
