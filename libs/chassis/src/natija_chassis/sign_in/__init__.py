"""Signing in of officials by OpenID Connect, and the sessions of a service."""
