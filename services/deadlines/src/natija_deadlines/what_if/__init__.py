"""The appeals of a period by another policy, beside what was: nothing is written."""
