"""Proposals that other services send by HTTP, without HTTP: sealing, the dry run, what becomes of them."""
