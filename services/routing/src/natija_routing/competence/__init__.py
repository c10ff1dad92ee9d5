"""Competence rules: which body answers for what."""
