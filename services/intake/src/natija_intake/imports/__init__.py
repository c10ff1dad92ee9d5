"""Importing another register's history from a file."""
