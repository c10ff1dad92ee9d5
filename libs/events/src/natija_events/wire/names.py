"""The names of the attributes of events. In a Kafka record each is a header, after `PREFIX`."""

PREFIX = "ce_"
REQUIRED = ("specversion", "id", "source", "type", "subject", "time")
OPTIONAL_TEXTS = ("causationid", "correlationid", "traceparent", "publisherkey", "signature")
OPTIONAL = ("dataschema", "expectedsequence", *OPTIONAL_TEXTS)
WRAPPEDKEY = "wrappedkey"
"""A header of the record in both modes: it belongs to the proposal. It is never on the log."""
STAMPS = ("sequence", "logsequence", "recordedtime", "inboxoffset", "referenceversion", "previoushash")
"""Set by the registrar only."""
PROPOSED = frozenset((*REQUIRED, *OPTIONAL))


def told(name: str) -> str:
    """The *name* of a header in an error. It may be a person's name, so only known attributes are repeated."""
    return name if name in {*PROPOSED, *STAMPS, WRAPPEDKEY, "content-type"} else "header"
