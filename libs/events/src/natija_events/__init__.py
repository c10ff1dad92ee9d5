"""The contract of Natija: events of citizens' appeals, their life cycle and their hash chain."""
