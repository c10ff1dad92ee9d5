"""The page on which a citizen follows an appeal, and acts on it."""
