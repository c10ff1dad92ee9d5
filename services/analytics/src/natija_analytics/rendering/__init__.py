"""Reports as tables, CSV and JSON, in the reader's language."""
