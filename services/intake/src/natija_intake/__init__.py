"""The door: registrar, intake API, import."""
