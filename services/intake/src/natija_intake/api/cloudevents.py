"""CloudEvents over HTTP: a request in binary, structured or batched mode as a proposal."""

from collections.abc import Mapping
from urllib.parse import unquote

from natija_events.wire.names import PREFIX
from natija_events.wire.proposal import Proposal, read_proposal
from natija_events.wire.values import Unreadable

_HTTP_PREFIX = "ce-"


def read_request(headers: Mapping[str, str], body: bytes) -> Proposal:
    """The proposal in a request with these *headers*, by lower-case name. Raises `Unreadable`.

    It is read as the registrar reads a record. Only the prefix of the headers is another.
    """
    named = [(PREFIX + name[len(_HTTP_PREFIX) :], text) for name, text in headers.items() if _is_attribute(name)]
    record = [(name, unquote(text).encode()) for name, text in named]
    try:
        return read_proposal(body, [("content-type", headers.get("content-type", "").encode()), *record])
    except Unreadable as error:
        raise Unreadable(error.field, error.rule.replace(PREFIX, _HTTP_PREFIX)) from None


def _is_attribute(name: str) -> bool:
    return name.startswith(_HTTP_PREFIX)
