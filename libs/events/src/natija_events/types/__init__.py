"""The data of every event type, in a module per owner."""
