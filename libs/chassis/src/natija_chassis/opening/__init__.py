"""Opens the sealed values of appeals for those who may read them."""
