"""Documents of the contract that are generated: the tables of CONTRACT.md, and AsyncAPI. See `__main__`."""
