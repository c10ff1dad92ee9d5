"""Registers made to count to published figures."""
