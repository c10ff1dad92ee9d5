"""Who must answer: directory, competence rules, routing."""
