"""The check of a proposal's signature: pure, and cheap refusals come before the one costly step, the proof.

Whether a key was valid depends on the time at which the proposal reached the inbox, not on the time of the decision. So
an outage of the registrar makes no signature late.
"""

from datetime import datetime

from natija_events.reference.data import ReferenceData
from natija_events.signatures import verify_signature
from natija_events.wire.proposal import Proposal
from natija_events.wire.rejection import Rejection


def find_unproven(proposal: Proposal, reference: ReferenceData, realm: str, appended: datetime) -> Rejection | None:
    """The rejection of a *proposal* whose signature does not prove its source; None when it does, or needs not.

    *appended* is when the proposal reached the inbox, in the realm's time. A known source is presumed: see `admission`.
    """
    first = proposal.events[0]
    publisher = reference.publisher(first.source)
    if first.signature is None or first.publisherkey is None:
        unsigned = publisher is not None and publisher.unsigned
        return None if unsigned else _forbidden("is missing: this publisher signs its proposals")
    signer = reference.signer(first.source, first.publisherkey)
    if signer is None:
        return _forbidden("is by a key that this publisher does not have")
    if not signer.key.valid_at(appended):
        return _forbidden("is by a key that was not valid when the proposal reached the inbox")
    if not verify_signature(realm, proposal.events, signer.key.raw):
        return _forbidden("does not prove these events: it is for other ones, or they were changed")
    return None


def _forbidden(rule: str) -> Rejection:
    return Rejection("forbidden", "signature", rule)
