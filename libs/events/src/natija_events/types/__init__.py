"""The data of every type of event, grouped by the room that owns it."""
