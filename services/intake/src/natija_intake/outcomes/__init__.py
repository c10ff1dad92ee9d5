"""The relay: the outcomes of each publisher's proposals, to a table and to a topic of its own."""
