"""The public pages of analytics: statistics of the register, for everybody."""
