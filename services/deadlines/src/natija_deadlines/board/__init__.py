"""The control board: pages for heads, controllers and auditors. They show terms, never the text of an appeal."""
