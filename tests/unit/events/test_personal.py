"""Rule 7: personal data are sealed, and no other field is free text."""

import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from tests.unit.events.examples import EXAMPLES

from natija_events.schema.registry import REGISTRY, Invalid
from natija_events.sealing.data_key import SealedValue
from natija_events.types.base import AppealNumber, EventData, Instant, LanguageCode, LocalDay
from natija_events.types.clear_form import personal_fields
from natija_events.types.codes import Code, Word
from natija_events.types.intake import Registered, Supplemented
from natija_events.types.personal import Text
from natija_events.types.sealed import Plain, sealed_fields

PERSONAL = {
    # domain.md §8, the applicant and who acts for him: name parts, id number, birth date, phone, e-mail, address
    # (settlement and text; region and district are counted), representative and proof, signature.
    "name", "surname", "patronymic", "full_name", "id_number", "birth_date", "phone", "email", "settlement",
    "address_text", "proof", "signature",
    # What people wrote: the appeal, the answer, what is said about either.
    "text", "reason_text", "explanation", "remarks", "resolution", "protocol",
}  # fmt: skip
"""Names of fields that hold personal data in every type."""

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
    "appeal.withdrawal-declined.v1": {"reason"},
    "appeal.forwarded.v1": {"reason"},
    "appeal.extension-prepared.v1": {"reason"},
    "appeal.term-extended.v1": {"reason"},
}  # fmt: skip
"""Personal fields of the clear form that must exist for domain.md §8, by type."""

ALWAYS = {
    "appeal.registered.v1": {"person", "content"},
    "appeal.applicant-corrected.v1": {"person"},
    **{
        f"appeal.{name}.v1": {"content"}
        for name in (
            "supplemented", "withdrawal-requested", "erasure-requested", "data-provided", "answer-clarified",
            "answer-corrected",
            "preliminary-decision-sent", "decision-prepared", "answered", "decision-declined", "hearing-held",
            "assigned", "note-added",
        )
    },
}  # fmt: skip
"""Sealed fields that every event of a type has: so nobody learns whether a person wrote something."""

NOT_TEXT = (bool, int, SealedValue, type(None))
CONSTRAINED = (Code, Word, AppealNumber, Instant, LocalDay, LanguageCode)


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of *model* and its nested objects: path and type, one by one of a union. Plain values are sealed."""
    for name, field in model.model_fields.items():
        annotation: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        for kind in members(annotation):
            if isinstance(kind, type) and issubclass(kind, BaseModel) and not issubclass(kind, (SealedValue, Plain)):
                yield from fields(kind, f"{path}{name}.")
            elif not (isinstance(kind, type) and issubclass(kind, Plain)):
                yield f"{path}{name}", kind


def members(annotation: Any) -> Iterator[Any]:
    """The types that *annotation* allows: the members of unions, tuples and sealed fields."""
    origin = get_origin(annotation)
    if origin is Annotated and get_origin(get_args(annotation)[0]) in (Union, types.UnionType, tuple):
        yield from members(get_args(annotation)[0])
    elif origin in (Union, types.UnionType, tuple):
        for member in get_args(annotation):
            if member is not Ellipsis:
                yield from members(member)
    else:
        yield annotation


EVERY = [(type, path, kind) for type, model in REGISTRY.models.items() for path, kind in fields(model)]


def test_walk_finds_nested_fields() -> None:
    found = {(type, path) for type, path, _ in EVERY}

    assert ("appeal.registered.v1", "applicant.address.district") in found
    assert ("appeal.registered.v1", "person") in found
    assert ("appeal.routed.v1", "co_executors") in found
    assert ("appeal.registered.v1", "attachments.sha256") in found


@pytest.mark.parametrize(("type", "model"), REGISTRY.models.items(), ids=list(REGISTRY.models))
def test_personal_field_is_sealed(type: str, model: type[EventData]) -> None:
    for path, kind in fields(model):
        if path.rpartition(".")[2] in PERSONAL:
            pytest.fail(f"{type}: {path} ({kind}) is not sealed")


@pytest.mark.parametrize(("type", "paths"), HAS_TO_HAVE.items(), ids=list(HAS_TO_HAVE))
def test_personal_data_have_sealed_fields(type: str, paths: set[str]) -> None:
    assert paths <= personal_fields(REGISTRY.models[type]).keys()


@pytest.mark.parametrize(("type", "model"), REGISTRY.models.items(), ids=list(REGISTRY.models))
def test_filled_fields_do_not_show(type: str, model: type[EventData]) -> None:
    """An event has one or two sealed values, and most types always have them."""
    sealed = sealed_fields(model)
    assert sealed.keys() <= {"person", "content"}
    assert {name for name, field in sealed.items() if field.always} == ALWAYS.get(type, set())


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_sealed_value_is_required(data: EventData) -> None:
    for name in ALWAYS.get(data.type, ()):
        raw = data.model_dump_json(exclude_none=True, exclude={name}).encode()
        with pytest.raises(Invalid, match=f"{name}: Field required"):
            REGISTRY.admit(data.type, raw)


def test_plain_value_is_never_written() -> None:
    with pytest.raises(ValueError, match="seal it first"):
        Supplemented(content=Text(text="Айгүл")).model_dump_json()


@pytest.mark.parametrize("raw", [b'{"content":{"text":"x"}}', b'{"content":{}}', b'{"content":"x"}'])
def test_plain_value_is_never_admitted(raw: bytes) -> None:
    with pytest.raises(Invalid, match="content"):
        REGISTRY.admit(Supplemented.type, raw)


@pytest.mark.parametrize("length", [38, 378, 380, 720, 1404])
def test_other_length_is_not_admitted(length: int) -> None:
    """Another length than that of padded values would tell something of the text."""
    value = SealedValue(kid="gcm1:" + "A" * 26, ct="A" * length).model_dump_json()
    with pytest.raises(Invalid, match="another length"):
        REGISTRY.admit(Supplemented.type, b'{"content":' + value.encode() + b"}")


def test_clear_form_names_what_people_fill_in() -> None:
    assert personal_fields(Registered)["applicant.address.settlement"] == ("person", "settlement")
    assert personal_fields(Registered)["representative.proof"] == ("person", "representative.proof")
    assert personal_fields(Registered)["text"] == ("content", "text")


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
    return base in NOT_TEXT or base is date


@pytest.mark.parametrize("kind", [str, Annotated[str, "a note"], dict, dict[str, str], Any, object, bytes])
def test_free_text_is_detected(kind: Any) -> None:
    assert not is_closed(kind)
