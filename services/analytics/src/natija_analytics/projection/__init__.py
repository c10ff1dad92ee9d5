"""Events to rows of history and facts."""
