"""The names of the attributes of events. In a Kafka record each is a header, after `PREFIX`."""

from difflib import get_close_matches

PREFIX = "ce_"
REQUIRED = ("specversion", "id", "source", "type", "subject", "time")
OPTIONAL_TEXTS = ("causationid", "correlationid", "traceparent", "publisherkey", "signature")
OPTIONAL = ("dataschema", "expectedsequence", *OPTIONAL_TEXTS)
WRAPPEDKEY = "wrappedkey"
"""It belongs to the proposal, and is never on the log."""
STAMPS = ("sequence", "logsequence", "recordedtime", "inboxoffset", "referenceversion", "previoushash")
"""Set by the registrar only."""
DROPPED = ("datacontenttype", "partitionkey", "tracestate")
"""SDKs of CloudEvents write these. A proposal may have them. They are never on the log."""
PROPOSED = frozenset((*REQUIRED, *OPTIONAL, WRAPPEDKEY))
"""The attributes of a proposal that say something."""

_OTHER_DOCUMENTED = (
    "authclaims", "authid", "authtype", "datacategory", "dataclassification", "datacontentencoding", "dataref",
    "dataregulation", "deprecated", "expirytime", "sampledrate", "schemaurl", "sequencetype", "severitynumber",
    "severitytext",
)  # fmt: skip
"""Attributes that CloudEvents documents, and this contract does not have."""
_DOCUMENTED = frozenset((*PROPOSED, *STAMPS, *DROPPED, *_OTHER_DOCUMENTED, "content-type"))
_LONGEST = 40
"""A longer name is not compared: it may have a million characters."""


def told(name: str) -> str:
    """The *name* of a header in an error. It may be a person's name, so only documented ones are repeated."""
    return name if name in _DOCUMENTED else "header"


def why_unknown(name: str) -> str:
    """The rule that an attribute with this *name* breaks in a proposal. It tells which attribute may be meant."""
    if name in STAMPS:
        return "is set by the registrar only"
    misspelt = name not in _DOCUMENTED and len(name) <= _LONGEST
    close = get_close_matches(name.lower(), sorted(PROPOSED), n=1, cutoff=0.8) if misspelt else ()
    hint = f"did you mean {close[0]}?" if close else "leave it out, or send it as a header without ce_"
    return f"is not an attribute of this contract: {hint}"
