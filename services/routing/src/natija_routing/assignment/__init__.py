"""Which body an appeal is routed to: state, decisions, queue, rows."""
