"""Sealing for the realm: a fresh key for each proposal, wrapped to the realm's public key, and padded values under it.

To seal, the public key is enough. `wrapping` makes and opens wrapped keys. `data_key` seals and opens values, and
`padding` hides their lengths. `storage` wraps data keys for the topic that keeps them.
"""
