"""The running term of each appeal: state, decisions, queue, rows."""
