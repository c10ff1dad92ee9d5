"""The parts of a realm: its directory, publishers, topics and databases."""
