"""Rule 7: personal data are sealed, and no other field is free text."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from natija_events.encryption import Sealed
from natija_events.schema.registry import REGISTRY
from natija_events.types.base import AppealNumber, EventData, Instant, LanguageCode, NestedData
from natija_events.types.codes import Code, Word

PERSONAL = {
    # domain.md §8, the applicant and who acts for him: name parts, id number, birth date, phone, e-mail, address
    # (settlement and text; region and district are counted), representative and proof, signature.
    "name", "surname", "patronymic", "full_name", "id_number", "birth_date", "phone", "email", "settlement",
    "address_text", "proof", "signature",
    # What people wrote: the appeal, the answer, what is said about either.
    "text", "reason_text", "explanation", "remarks", "resolution", "protocol",
}  # fmt: skip
"""Names of fields that hold personal data in every type."""

PERSONAL_IN = {
    "appeal.withdrawal-declined.v1": {"reason"},
    "appeal.forwarded.v1": {"reason"},
    "appeal.extension-prepared.v1": {"reason"},
    "appeal.extension-signed.v1": {"reason"},
}
"""Fields that are free text in these types, and codes in others."""

HAS_TO_HAVE = {
    "appeal.registered.v1": {
        "applicant.name", "applicant.id_number", "applicant.birth_date", "applicant.phone", "applicant.email",
        "applicant.address.settlement", "applicant.address.address_text", "representative.name", "representative.proof",
        "text", "signature",
    },
    "appeal.answered.v1": {"text"},
    "appeal.supplemented.v1": {"text"},
    "appeal.data-provided.v1": {"text"},
    "appeal.decision-prepared.v1": {"text"},
}  # fmt: skip
"""Fields that must exist for the personal data of domain.md §8, by type."""

NOT_TEXT = (bool, int, Sealed, type(None))
CONSTRAINED = (Code, Word, AppealNumber, Instant, LanguageCode)


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of *model* and its nested objects: path and type, one by one of a union."""
    for name, field in model.model_fields.items():
        annotation: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        for kind in members(annotation):
            if isinstance(kind, type) and issubclass(kind, NestedData):
                yield from fields(kind, f"{path}{name}.")
            else:
                yield f"{path}{name}", kind


def members(annotation: Any) -> Iterator[Any]:
    """The types that *annotation* allows: the members of unions and tuples."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType, tuple):
        for member in get_args(annotation):
            if member is not Ellipsis:
                yield from members(member)
    else:
        yield annotation


EVERY = [(type, path, kind) for type, model in REGISTRY.models.items() for path, kind in fields(model)]


def test_walk_finds_nested_fields() -> None:
    found = {(type, path) for type, path, _ in EVERY}

    assert ("appeal.registered.v1", "applicant.address.address_text") in found
    assert ("appeal.routed.v1", "co_executors") in found
    assert ("appeal.registered.v1", "attachments.sha256") in found


@pytest.mark.parametrize(("type", "model"), REGISTRY.models.items(), ids=list(REGISTRY.models))
def test_personal_field_is_sealed(type: str, model: type[EventData]) -> None:
    for path, kind in fields(model):
        name = path.rpartition(".")[2]
        if name in PERSONAL or path in PERSONAL_IN.get(type, ()):
            assert kind in (Sealed, types.NoneType), f"{type}: {path} is not sealed"


@pytest.mark.parametrize(("type", "paths"), HAS_TO_HAVE.items(), ids=list(HAS_TO_HAVE))
def test_personal_data_have_sealed_fields(type: str, paths: set[str]) -> None:
    sealed = {path for path, kind in fields(REGISTRY.models[type]) if kind is Sealed}

    assert paths <= sealed


@pytest.mark.parametrize(("type", "path", "kind"), EVERY, ids=[f"{type}-{path}" for type, path, _ in EVERY])
def test_no_field_is_free_text(type: str, path: str, kind: Any) -> None:
    assert is_closed(kind), f"{type}: {path} may hold anything: make it Sealed, a Code, a Word or a closed list"


def is_closed(kind: Any) -> bool:
    """True for a code, a time, a number, a closed list or a sealed value."""
    if kind in NOT_TEXT or kind in CONSTRAINED or get_origin(kind) is Literal:
        return True
    base, *constraints = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    if base is Word:
        return True
    if base is str:
        return any(getattr(constraint, "pattern", None) for constraint in constraints)
    return base in NOT_TEXT


@pytest.mark.parametrize("kind", [str, Annotated[str, "a note"], dict, dict[str, str], Any, object, bytes])
def test_free_text_is_detected(kind: Any) -> None:
    assert not is_closed(kind)
