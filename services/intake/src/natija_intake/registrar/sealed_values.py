"""The sealed values of a proposal: opened once, at admission, and never read again. Pure.

Nobody can open a value whose key does not come with it, or check later what it holds. So the registrar opens each one,
and keeps the data key. It keeps nothing of what it reads.
"""

from collections.abc import Sequence
from typing import NamedTuple

from natija_events.sealing.data_key import DataKey, Unsealable
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import RealmKeys
from natija_events.types.base import EventData
from natija_events.types.sealed import SealedWrong, open_data, sealed_values
from natija_events.wire.envelope import place_of
from natija_events.wire.names import WRAPPEDKEY
from natija_events.wire.proposal import Proposal
from natija_events.wire.rejection import Rejection


class RegistrarKeys(NamedTuple):
    """The keys of a registrar: those of the *realm* open sealed values, the KEK wraps data keys for *storage*."""

    realm: RealmKeys
    storage: KeyEncryptionKey


def open_values(
    proposal: Proposal, data: Sequence[EventData], keys: RealmKeys, realm: str
) -> DataKey | Rejection | None:
    """Open every sealed value of *data*, the typed data of the proposal's events: their key, or the rejection.

    None when nothing is sealed.
    """
    sealed = any(sealed_values(one) for one in data)
    wrapped = proposal.events[0].wrappedkey
    if wrapped is None:
        return Rejection("invalid", WRAPPEDKEY, "is missing: values are sealed") if sealed else None
    if not sealed:
        return Rejection("invalid", WRAPPEDKEY, "has no sealed value in this proposal")
    try:
        key = keys.open(wrapped, proposal.subject)
    except Unsealable as error:
        return Rejection("invalid", WRAPPEDKEY, f"does not open: {error}")
    for index, (event, one) in enumerate(zip(proposal.events, data, strict=True)):
        try:
            open_data(one, key, place_of(event, realm))
        except SealedWrong as error:
            path = f"[{index}]." if len(data) > 1 else ""
            return Rejection("invalid", path + error.field, error.rule)
    return key
