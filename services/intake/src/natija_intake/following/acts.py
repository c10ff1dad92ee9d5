"""The acts of an applicant on their appeal: which are open, and the events that they become.

The life-cycle table decides, as for every other source. So a page offers nothing that the registrar would refuse.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from natija_events.lifecycle.transitions import TABLE, find_violation
from natija_events.reference.data import ReferenceData
from natija_events.sealing.data_key import Place
from natija_events.types.base import EventData
from natija_events.types.intake import Supplemented, WithdrawalRequested, Withdrawn
from natija_events.types.personal import Text
from natija_events.types.routing import DataProvided
from natija_events.types.sealed import seal_data
from natija_events.wire.envelope import Event
from natija_intake.appeals.context import IntakeContext
from natija_intake.appeals.identity import as_uuid
from natija_intake.appeals.submission import SOURCE
from natija_intake.registrar.checks.authorization import find_unauthorized
from natija_intake.registrar.heads import Head

ApplicantAct = Literal["data", "add", "withdraw"]
"""Bring the data that the body asked for, add something, or withdraw the appeal."""
ACTS: Sequence[ApplicantAct] = get_args(ApplicantAct)
NEEDS_TEXT: frozenset[ApplicantAct] = frozenset(["data", "add"])
_TYPES: dict[ApplicantAct, Sequence[type[EventData]]] = {
    "data": (DataProvided,),
    "add": (Supplemented,),
    "withdraw": (Withdrawn, WithdrawalRequested),  # once a body holds the appeal, one can only ask
}


def open_acts(number: str, head: Head, reference: ReferenceData, now: datetime) -> dict[ApplicantAct, type[EventData]]:
    """The acts that the applicant may do now, each with the type of its event."""
    found = {}
    for act, types in _TYPES.items():
        lawful = next((one for one in types if _is_lawful(one, number, head, reference, now)), None)
        if lawful is not None:
            found[act] = lawful
    return found


def _is_lawful(type: type[EventData], number: str, head: Head, reference: ReferenceData, now: datetime) -> bool:
    data = type()
    return (
        find_violation(head.standing, number, now, data) is None
        and find_unauthorized(head.holding, SOURCE, data, reference) is None
    )


def act_id(number: str, act: ApplicantAct, key: UUID, text: str, secret: bytes) -> UUID:
    """The id of the event of an act, by the *key* of its form. The same text under the same key is the same event.

    It derives under a *secret* of registration ids, so that nobody can test a guess of the text once that is gone.
    """
    message = "\x1f".join(("natija act", number, act, str(key), text)).encode()
    return as_uuid(hmac.digest(secret, message, hashlib.sha256))


def event_of(
    context: IntakeContext, number: str, head: Head, type: type[EventData], id: UUID, text: str, traceparent: str | None
) -> Event:
    """The event of an act, now, with its *text* sealed. Raises `SealedWrong` when that is too long."""
    data, wrapped = type(), None
    if "content" in type.model_fields:
        key = context.realm_key.new_key(number)
        place = Place(context.realm, number, SOURCE, id, type.type, "")
        data = seal_data(type.model_validate({"content": Text(text=text or None)}), key.data_key, place)
        wrapped = key.wrapped
    return Event(
        id=id,
        source=SOURCE,
        type=type.type,
        subject=number,
        time=context.clock.now(),
        data=data.model_dump_json(exclude_unset=True).encode(),
        expectedsequence=head.standing.sequence if TABLE[type.type].expected else None,
        traceparent=traceparent,
        wrappedkey=wrapped,
    )
