"""One process: how it runs, serves, tells its health and stops."""
