"""Receipts: the access code that opens an appeal's status."""
