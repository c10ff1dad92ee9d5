"""The desk: the process on whose pages officials work on the appeals of their body."""
