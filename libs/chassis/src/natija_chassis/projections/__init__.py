"""Projections: log records become rows, and the checkpoint commits with them."""
