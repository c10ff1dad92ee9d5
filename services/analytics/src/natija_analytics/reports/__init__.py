"""What is counted, as of when, by which definition."""
