"""One process: how it runs, serves, reports its health and stops."""
