"""The appeal as an operator sees it: its events with what is sealed in them, opened with the KEK."""
