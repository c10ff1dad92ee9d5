"""The appeals as the desk knows them: a row each, and the places of their events on the log."""
