"""What another policy would have made of the appeals of a period: nothing is written."""
