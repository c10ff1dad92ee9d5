"""Registrar, intake API and import of registers."""
