"""Routing: directory, competence rules, the responsible body."""
