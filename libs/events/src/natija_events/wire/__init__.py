"""The wire form: envelope, log record, rejection, hash chain."""
