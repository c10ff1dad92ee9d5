"""CloudEvents over HTTP: a request in binary, structured or batched mode as a proposal."""

from collections.abc import Mapping
from urllib.parse import unquote

from natija_events.wire.envelope import JSON
from natija_events.wire.names import PREFIX, WRAPPEDKEY
from natija_events.wire.proposal import BATCH_JSON, Proposal, read_proposal
from natija_events.wire.values import Unreadable

STRUCTURED_JSON = "application/cloudevents+json"
_HTTP_PREFIX = "ce-"
_ONLY = "[0]."


def read_request(headers: Mapping[str, str], body: bytes) -> Proposal:
    """The proposal in a request with these *headers*, by lower-case name. Raises `Unreadable`."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    named = {
        name[len(_HTTP_PREFIX) :]: unquote(text) for name, text in headers.items() if name.startswith(_HTTP_PREFIX)
    }
    if media_type == JSON:
        return read_proposal(body, _record_headers(JSON, named))
    if media_type not in (STRUCTURED_JSON, BATCH_JSON):
        raise Unreadable("content-type", f"is none of {JSON}, {STRUCTURED_JSON}, {BATCH_JSON}")
    # A wrapped key belongs to the whole proposal. Other attributes stand in the body.
    wrapped = {name: text for name, text in named.items() if name == WRAPPEDKEY}
    if media_type == BATCH_JSON:
        return read_proposal(body, _record_headers(BATCH_JSON, wrapped))
    try:
        return read_proposal(b"[" + body + b"]", _record_headers(BATCH_JSON, wrapped))
    except Unreadable as error:
        raise Unreadable(error.field.removeprefix(_ONLY), error.rule) from None


def _record_headers(content_type: str, named: Mapping[str, str]) -> list[tuple[str, bytes | None]]:
    return [("content-type", content_type.encode()), *[(PREFIX + name, text.encode()) for name, text in named.items()]]
