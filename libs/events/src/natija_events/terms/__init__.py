"""Legal terms: the rule that says whether one was kept."""
