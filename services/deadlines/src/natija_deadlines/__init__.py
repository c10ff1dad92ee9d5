"""By when: policies, calendars, terms, warnings, breaches."""
