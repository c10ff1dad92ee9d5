"""The rules of folding as data, for a fold in another language: the life cycle, its effects, and the facts about terms.

They are `conformance/lifecycle.json`. The README beside that file says how to fold with them.
"""

from dataclasses import fields
from typing import Any

from natija_events.lifecycle.effects import EFFECTS, Add, Constant, Copy, Effect, Remove, unversioned
from natija_events.lifecycle.fold import Appeal
from natija_events.lifecycle.transitions import (
    OPEN,
    SUSPENDING,
    TABLE,
    TERMINAL,
    Either,
    Resume,
    State,
    Stay,
    Transition,
)
from natija_events.terms.facts import APPEAL_FACTS, APPLICANT, LATE_EXPIRIES, TERM_CHANGES, ByField
from natija_events.types.deadlines import ANSWER, ANSWER_ENDS, ANY_END


def lifecycle() -> dict[str, Any]:
    """The table, JSON values only. Times are in seconds."""
    return {
        "states": {
            "initial": "NEW",
            "open": list(OPEN),
            "terminal": list(TERMINAL),
            "suspending": list(SUSPENDING),
        },
        "fields": {
            field.name: _json(field.default)
            for field in fields(Appeal)
            if any(field.name in effects for effects in EFFECTS.values())
        },
        "types": {type: _row(type, row) for type, row in TABLE.items()},
        "terms": {
            "any_end": ANY_END,
            "answer": ANSWER,
            "answer_ends": list(ANSWER_ENDS),
            "applicant": APPLICANT,
            "late_expiries": list(LATE_EXPIRIES),
            "facts": {type: fact for type, row in TABLE.items() if (fact := _fact(row))},
        },
    }


def _fact(row: Transition) -> dict[str, Any] | None:
    """The fact about terms that events of a type give."""
    if (of_term := TERM_CHANGES.get(row.data)) is not None:
        return {"of_term": True, "change": of_term}
    fact = APPEAL_FACTS.get(row.data)
    if isinstance(fact, ByField):
        two = {"when_set": fact.when_set._asdict(), "otherwise": fact.otherwise._asdict()}
        return {"of_term": False, "field": fact.field, **two}
    return None if fact is None else {"of_term": False, **fact._asdict()}


def _row(type: str, row: Transition) -> dict[str, Any]:
    effects = EFFECTS.get(unversioned(type), {})
    return {
        "publishers": dict(row.publishers),
        "from": list(row.source),
        "to": _target(row.target),
        "weight": row.weight,
        "expectedsequence": row.expected,
        "backdating": None if row.backdating is None else int(row.backdating.total_seconds()),
        "after_the_end": row.after_terminal or row.only_after_end,
        "leaves_the_end": row.only_after_end,
        "keeps_waiting": row.keeps_waiting,
        "effects": {name: _effect(effect) for name, effect in effects.items()},
    }


def _target(target: State | Stay | Resume | Either) -> dict[str, Any]:
    match target:
        case Stay():
            return {"stay": True}
        case Resume(suspended):
            return {"resume": suspended}
        case Either(field, when_set, otherwise):
            return {"field": field, "when_set": when_set, "otherwise": otherwise}
    return {"state": target}


def _effect(effect: Effect) -> dict[str, Any]:
    match effect:
        case Copy(field):
            return {"copy": field}
        case Constant(value):
            return {"constant": _json(value)}
        case Add(names):
            return {"add": list(names)}
        case Remove(names):
            return {"remove": list(names)}


def _json(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
