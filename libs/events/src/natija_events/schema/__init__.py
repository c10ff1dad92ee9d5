"""Event types by name and version, their JSON Schemas, and the compatibility gate."""
