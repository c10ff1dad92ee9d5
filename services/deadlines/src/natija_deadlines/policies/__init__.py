"""Terms by law, as dated data, and their arithmetic."""
