"""The acts of officials on an appeal: who may do which one now, its form, and the events that it proposes."""
