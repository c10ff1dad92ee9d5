"""The `natija` command: finds the commands of every installed service."""
