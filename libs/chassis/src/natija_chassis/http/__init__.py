"""HTTP of every process: the app, its state page, and problem+json."""
