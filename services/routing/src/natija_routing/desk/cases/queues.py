"""The queues of a body: open appeals, the soonest due first, and those that ended, the last first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, Self, get_args

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_routing.desk.cases.projection import CasesProjection
from natija_routing.desk.cases.state import Case

Queue = Literal["waiting", "mine", "work", "approval", "signing", "today", "breach", "closed"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
MOST_COUNTED = 1000
"""A queue that is longer is not counted to its end."""
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INFINITE = datetime(9999, 12, 31, tzinfo=UTC)
"""In a cursor: the place of an appeal without a term. The driver knows no infinity with a zone, so it gets none."""
_OPEN = "stage <> 'closed'"
_CONDITIONS: Mapping[Queue, str] = {
    "waiting": f"{_OPEN} and stage in ('unrouted', 'arrived')",
    "mine": f"{_OPEN} and executor = any(:posts)",
    "work": f"{_OPEN} and stage in ('work', 'data')",
    "approval": f"{_OPEN} and stage = 'approval'",
    "signing": f"{_OPEN} and stage = 'signing'",
    "today": f"{_OPEN} and due > :now and due <= :day_ends",
    "breach": f"{_OPEN} and breach is not null",
    "closed": "stage = 'closed'",
}
_BODY = "body = :body"
_BODY_OR_NOBODY = "(body = :body or body is null)"
"""Of a body that routes what is addressed to nobody."""
_JUDGED = """
    complained_of is distinct from :body
    and not exists (
        select from cases as original where original.appeal = cases.complaint_of
            and (original.body = :body or :body = any(original.held_by))
    )
"""
"""A body does not read complaints about itself."""


class Viewer(NamedTuple):
    """A visitor who looks for a *body*, in *posts*. *routes*: it also routes what is addressed to nobody."""

    body: str
    posts: tuple[str, ...]
    routes: bool = False


class Filters(NamedTuple):
    """Properties of the appeals in the list; None: any."""

    topic: str | None = None
    executor: str | None = None


class QueuePlace(NamedTuple):
    """The place of an appeal in a queue. Its text is a cursor."""

    instant: datetime
    appeal: str

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Raises ValueError or OverflowError."""
        micros, _, appeal = cursor.partition("-")
        return cls(_FIRST + int(micros) * _MICROSECOND, appeal)

    def __str__(self) -> str:
        return f"{(self.instant - _FIRST) // _MICROSECOND}-{self.appeal}"


class QueuePage(NamedTuple):
    """The *cases* of a page, and the place behind which the next one begins; None after the last one."""

    cases: Sequence[Case]
    next: QueuePlace | None


class QueueDay(NamedTuple):
    """The instant *now*, and the end of its local day."""

    now: datetime
    ends: datetime


async def counts(connection: AsyncConnection, viewer: Viewer, day: QueueDay) -> dict[Queue, int]:
    """How many appeals are in each open queue, at most `MOST_COUNTED` + 1. Raises the errors of the database."""
    parts = [
        f"(select count(*) from (select from cases where {_where(queue, viewer)} limit {MOST_COUNTED + 1}) as found)"  # noqa: S608
        for queue in QUEUES
        if queue != "closed"
    ]
    found = (await connection.execute(text(f"select {', '.join(parts)}"), _given(viewer, day))).one()
    return dict(zip([queue for queue in QUEUES if queue != "closed"], found, strict=True))


async def page(
    connection: AsyncConnection, projection: CasesProjection, queue: Queue, viewer: Viewer, filters: Filters,
    day: QueueDay, after: QueuePlace | None, limit: int,
) -> QueuePage:  # fmt: skip
    """At most *limit* cases of *queue* behind the place *after*. Raises the errors of the database."""
    key, order, sign = _key(queue)
    conditions = [_where(queue, viewer)]
    conditions += [f"{name} = :{name}" for name, value in filters._asdict().items() if value is not None]
    if after is not None:
        conditions.append(f"({key}, appeal) {sign} (coalesce(cast(:instant as timestamptz), 'infinity'), :appeal)")
    select = f"""
        select * from cases where {" and ".join(conditions)}
        order by {key} {order}, appeal {order} limit :limit
    """  # noqa: S608 - only texts of our own
    given = {**_given(viewer, day), **filters._asdict(), "limit": limit + 1}
    if after is not None:
        given |= {"instant": None if after.instant == _INFINITE else after.instant, "appeal": after.appeal}
    rows = (await connection.execute(text(select), given)).mappings().all()
    found = [projection.of(row) for row in rows[:limit]]
    return QueuePage(found, _place(found[-1], queue) if len(rows) > limit else None)


def _where(queue: Queue, viewer: Viewer) -> str:
    body = _BODY_OR_NOBODY if viewer.routes and queue == "waiting" else _BODY
    return f"{body} and {_CONDITIONS[queue]} and {_JUDGED}"


def _key(queue: Queue) -> tuple[str, str, str]:
    """The column that orders the queue, its direction, and how the next page compares to the last row."""
    if queue == "closed":
        return "closed", "desc", "<"
    return ("breach" if queue == "breach" else "coalesce(due, 'infinity')"), "asc", ">"


def _place(case: Case, queue: Queue) -> QueuePlace:
    instant = case.closed if queue == "closed" else case.breach if queue == "breach" else case.due or _INFINITE
    assert instant is not None
    return QueuePlace(instant, case.appeal)


def _given(viewer: Viewer, day: QueueDay) -> dict[str, Any]:
    return {"body": viewer.body, "posts": list(viewer.posts), "now": day.now, "day_ends": day.ends}
