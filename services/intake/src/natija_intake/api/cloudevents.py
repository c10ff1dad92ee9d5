"""CloudEvents over HTTP: a request in binary, structured or batched mode as a proposal."""

from collections.abc import Sequence
from urllib.parse import unquote

from natija_events.wire.names import PREFIX
from natija_events.wire.proposal import Proposal, read_proposal
from natija_events.wire.values import Unreadable

_HTTP_PREFIX = "ce-"
_CONTENT_TYPE = "content-type"


def read_request(headers: Sequence[tuple[str, str]], body: bytes) -> Proposal:
    """The proposal in a request with these *headers*, their names in lower case. Raises `Unreadable`.

    It is read as the registrar reads a record. Only the prefix of the headers is another.
    """
    record = [(f"{PREFIX}{name[len(_HTTP_PREFIX) :]}", unquote(text)) for name, text in headers if _is_attribute(name)]
    media_types = [(name, text) for name, text in headers if name == _CONTENT_TYPE] or [(_CONTENT_TYPE, "")]
    try:
        return read_proposal(body, [(name, text.encode()) for name, text in (*media_types, *record)])
    except Unreadable as error:
        raise Unreadable(error.field, error.rule.replace(PREFIX, _HTTP_PREFIX)) from None


def _is_attribute(name: str) -> bool:
    return name.startswith(_HTTP_PREFIX)
