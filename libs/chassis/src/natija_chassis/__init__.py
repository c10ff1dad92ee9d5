"""The shared runtime of Natija's services."""
