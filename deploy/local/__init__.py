"""Natija on one machine without Docker: a broker, a database and the services, all under `.local/`."""
