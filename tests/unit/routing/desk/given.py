"""Given: cases, and officials of a ministry, for tests of the desk."""

from typing import Any

from tests.unit.deadlines.history import APPEAL, Given, at, history, registered

from natija_chassis.realm.official_rights import ActingPost
from natija_chassis.sign_in.official import Official
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import BodyEntry, OfficialRole, PostEntry, PublisherEntry, RealmEntry
from natija_events.types.deadlines import Term, TermExtension, TermOrigin, TermSet
from natija_events.types.routing import DecisionApproved, DecisionPrepared, Routed
from natija_routing.desk.cases.state import Case, evolve

BODY, OTHER = "ministry", "agency"
EXECUTOR, APPROVER, SIGNER = f"{BODY}/executor", f"{BODY}/approver", f"{BODY}/signer"
NOW = at("2026-03-10T06:00")
DUE, LATEST = at("2026-03-23T18:00"), at("2026-05-04T18:00")
DATA = ReferenceData(
    realm=RealmEntry.model_validate({"languages": ["ky", "ru"], "zone": "Asia/Bishkek"}),
    bodies={BODY: BodyEntry(), OTHER: BodyEntry()},
    posts={
        EXECUTOR: PostEntry.model_validate({"names": {}, "roles": ["executor"]}),
        f"{BODY}/second": PostEntry.model_validate({"names": {}, "roles": ["executor"]}),
        f"{OTHER}/executor": PostEntry.model_validate({"names": {}, "roles": ["executor"]}),
    },
    publishers={
        f"/desks/{one}": PublisherEntry.model_validate({"roles": ["desk"], "body": one, "unsigned": True})
        for one in (BODY, OTHER)
    },
)
_NOBODY: Any = None
OPENED: Given = ("2026-03-02T04:00", registered("2026-03-02T04:00", addressee=BODY, topic="roads"))
ROUTED: Given = ("2026-03-02T05:00", Routed(body=BODY))
TERM: Given = (
    "2026-03-02T05:01",
    TermSet(
        terms=(
            Term(
                id="answer-1", origin=TermOrigin(sequence=2, instant=at("2026-03-02T04:00")), due=DUE,
                extension=TermExtension(latest=LATEST),
            ),
        )
    ),
)  # fmt: skip
IN_WORK: Given = ("2026-03-03T05:00", Routed(body=BODY, executor=EXECUTOR))
DRAFT: Given = ("2026-03-04T05:00", DecisionPrepared(outcome="explained"))
APPROVED: Given = ("2026-03-05T05:00", DecisionApproved(approver=APPROVER))


def case(*events: Given) -> Case:
    """The case of an appeal with this history."""
    found = Case(APPEAL)
    for event in history(*events):
        found = evolve(found, event)
    return found


def official(post: str, *roles: OfficialRole, body: str = BODY) -> Official:
    """An official who holds *post* with *roles*."""
    return Official("a" * 64, (ActingPost(post, body, frozenset(roles), None),), body, _NOBODY, _NOBODY)
