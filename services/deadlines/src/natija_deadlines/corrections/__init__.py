"""Terms that would be counted differently today: found in the rows, and corrected by proposals."""
