"""What a realm brings: its directory, its publishers, its topics and databases."""
