"""Personal fields in the clear form are sealed, before intake signs an unsigned proposal. Pure."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from natija_events.schema.registry import REGISTRY
from natija_events.sealing.data_key import Place
from natija_events.sealing.wrapping import ProposalKey, RealmPublicKey
from natija_events.types.base import EventData
from natija_events.types.clear_form import from_clear_form, personal_fields
from natija_events.types.sealed import Plain, sealed_fields
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import Proposal
from natija_events.wire.rejection import Rejection


def seal_clear_form(proposal: Proposal, realm_key: RealmPublicKey) -> Proposal | Rejection:
    """*proposal* with its personal fields sealed under a new key; the same when it has none, or sealed them itself.

    A rejection names the field as it was sent, and the rule that it breaks.
    """
    if proposal.events[0].wrappedkey is not None:
        return proposal
    key = realm_key.new_key(proposal.subject)
    several, sealed = len(proposal.events) > 1, []
    for index, (event, values) in enumerate(zip(proposal.events, proposal.values, strict=True)):
        found = _sealed(event, values, key, realm_key.realm)
        if isinstance(found, Rejection):
            return found._replace(field=f"[{index}].{found.field}") if several else found
        sealed.append(found)
    if all(values is one for (_, values), one in zip(sealed, proposal.values, strict=True)):
        return proposal
    events = tuple(event._replace(wrappedkey=key.wrapped) for event, _ in sealed)
    return Proposal(events, tuple(values for _, values in sealed))


def _sealed(
    event: Event, values: dict[str, Any], key: ProposalKey, realm: str
) -> tuple[Event, dict[str, Any]] | Rejection:
    model = REGISTRY.models.get(event.type)
    if model is None or not sealed_fields(model) or sealed_fields(model).keys() & values.keys():
        return event, values  # the registrar says what is wrong with it, if anything is
    try:
        clear = from_clear_form(values, model)
    except ValidationError as error:
        return _wrong(error, model)
    for name in sealed_fields(model):
        if isinstance(plain := clear.get(name), Plain):
            place = Place(realm, event.subject, event.source, event.id, event.type, name)
            try:
                clear[name] = key.data_key.seal(place, plain.to_padded()).model_dump()
            except ValueError as error:
                return Rejection("invalid", _sent_as(model, name), str(error))
    if clear == values:
        return event, values
    return event._replace(data=to_json(clear)), clear


def _wrong(error: ValidationError, model: type[EventData]) -> Rejection:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(map(str, first["loc"]))
    places: Mapping[str, str] = {one.path: place for place, one in personal_fields(model).items()}
    field = places.get(path, "data")
    return Rejection("invalid", field, first["msg"].removeprefix("Value error, "))


def _sent_as(model: type[EventData], name: str) -> str:
    """The first part of the clear form that goes into the sealed field *name*."""
    place = next((place for place, one in personal_fields(model).items() if one.field == name), name)
    return place.partition(".")[0]
