"""The checks of a proposal that admission runs, each in its module: a rejection, or None. Pure."""
