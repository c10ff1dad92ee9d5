"""The content of the page of one appeal, as far as this official may see it."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from natija_chassis.http.problems import Problem
from natija_chassis.kafka.log_lookup import LogUnavailable
from natija_chassis.opening.audit_writer import AuditUnconfirmed
from natija_chassis.opening.key_lookup import KeysUnavailable
from natija_chassis.sign_in.appeal_access import HANDLING, WATCHING, AppealFacts, may_read
from natija_events.reference.entries import HEAD
from natija_events.types.personal import Text
from natija_events.wire.audit_record import Look, Purpose
from natija_events.wire.record import RecordedEvent
from natija_events.words import Language
from natija_routing.desk.cases import projection
from natija_routing.desk.cases.state import Case, evolve
from natija_routing.desk.pages.history import HistoryLine, HistoryWords
from natija_routing.desk.pages.parts import DeskParts, DeskVisit
from natija_routing.desk.pages.term_lines import TermLine, term_lines

MOST_EVENTS = 200
"""The events that a page shows, the last ones. Few appeals have more than twenty."""
_PATIENCE = 3.0
_STEP = 0.05
"""Seconds for which a page waits for an event of its own to be applied, and how often it looks."""


class Shown(NamedTuple):
    """The history and the terms of an appeal. *opened*: whether the texts are shown. *problem*: why nothing is."""

    lines: Sequence[HistoryLine] = ()
    terms: Sequence[TermLine] = ()
    opened: bool = False
    problem: str = ""


class LeftAppeal(NamedTuple):
    """An appeal that an official may not read any more: the *case* now, and the *events* that they may still know, up
    to the one by which it left them."""

    case: Case
    events: Sequence[RecordedEvent]


class CaseView:
    """Reads appeals for the pages of *parts*."""

    def __init__(self, parts: DeskParts) -> None:
        self.parts = parts

    async def find(self, visit: DeskVisit, number: str, sequence: int = 0) -> Case:
        """The case of *number*, with its event *sequence*, if that comes in time.

        Raises `Problem`: 404 for an unknown appeal, and for one that the official may not read: that it exists is not
        told.
        """
        await self.caught_up(number, min(sequence, 1_000_000))
        async with self.parts.engine.connect() as connection:
            case = await self.parts.projection.find(connection, number)
        if case is None or not may_read(visit.official, facts(visit, case, await self.complained_of(case)), visit.data):
            raise Problem(404, "There is no such appeal")
        return case

    async def complained_of(self, case: Case) -> frozenset[str]:
        """The bodies that *case* complains about: also those that ever had the appeal whose handling it is about."""
        found = {case.complained_of}
        if case.complaint_of is not None:
            async with self.parts.engine.connect() as connection:
                original = await self.parts.projection.find(connection, case.complaint_of)
            found |= set() if original is None else {original.body, *original.held_by}
        return frozenset(one for one in found if one is not None)

    async def caught_up(self, number: str, sequence: int) -> None:
        """Wait until the event *sequence* of the appeal is applied, for some seconds at most."""
        deadline = asyncio.get_running_loop().time() + _PATIENCE
        while sequence and asyncio.get_running_loop().time() < deadline:
            async with self.parts.engine.connect() as connection:
                case = await self.parts.projection.find(connection, number)
            if case is None or case.standing.sequence >= sequence:
                return
            await asyncio.sleep(_STEP)

    async def show(self, visit: DeskVisit, language: Language, case: Case, opening: bool) -> Shown:
        """The history and the terms, with the texts if *opening*: then the look is recorded first."""
        words = self._words(visit, language)
        try:
            events = await self._history(case)
            lines = [words.line(one) for one in events]
            if opening:
                opened = await self.parts.reader.read(case.appeal, [one.offset for one in events], look(visit, case))
                lines = [words.opened(one) for one in opened]
        except LogUnavailable:
            return Shown(problem="log")
        except (AuditUnconfirmed, KeysUnavailable):
            return Shown(lines, term_lines(events, visit.now), problem="audit")
        return Shown(lines, term_lines(events, visit.now), opening)

    def lines(self, visit: DeskVisit, language: Language, events: Sequence[RecordedEvent]) -> list[HistoryLine]:
        """The lines of *events*, without their texts."""
        words = self._words(visit, language)
        return [words.line(one) for one in events]

    async def later(self, case: Case, sequence: int) -> Sequence[RecordedEvent]:
        """The events after *sequence*. Raises `Problem` while the log does not answer."""
        if case.standing.sequence <= sequence:
            return ()
        try:
            return await self._history(case, sequence + 1)
        except LogUnavailable:
            raise Problem(503, "The history is not available right now") from None

    async def left(self, visit: DeskVisit, number: str, sequence: int) -> LeftAppeal | None:
        """The appeal *number*, if the official could read it after its event *sequence*, and lost it since.

        Raises `Problem` while the log does not answer.
        """
        async with self.parts.engine.connect() as connection:
            case = await self.parts.projection.find(connection, number)
        if case is None or case.standing.sequence <= sequence:
            return None
        complained_of = await self.complained_of(case)
        seen, events, readable = Case(number), list[RecordedEvent](), False
        for event in await self.later(case, 0):
            seen = evolve(seen, event)
            allowed = may_read(visit.official, facts(visit, seen, complained_of), visit.data)
            if event.sequence <= sequence:
                readable = allowed
                continue
            events.append(event)
            if not allowed:
                return LeftAppeal(case, events) if readable else None
        return None

    async def draft(self, visit: DeskVisit, case: Case, *, required: bool) -> Text | None:
        """The last draft of the answer, opened: the look is recorded first. None without one.

        Raises `Problem` while it cannot be shown, and if it is *required* also when it never will be.
        """
        found = None if case.drafted is None else await self._text(visit, case, case.drafted)
        if required and found is None and case.drafted is not None:
            raise Problem(410, "The draft cannot be opened any more")
        return found

    async def letter(self, visit: DeskVisit, case: Case) -> Text | None:
        """The text of the appeal, opened: the look is recorded first. None if it cannot be opened any more.

        Raises `Problem` while it cannot be shown.
        """
        return await self._text(visit, case, 1)

    async def _text(self, visit: DeskVisit, case: Case, sequence: int) -> Text | None:
        async with self.parts.engine.connect() as connection:
            offset = await projection.place(connection, case.appeal, sequence)
        try:
            opened = await self.parts.reader.read(case.appeal, [offset], look(visit, case, "answering"))
        except (LogUnavailable, AuditUnconfirmed, KeysUnavailable):
            raise Problem(503, "The text is not available right now") from None
        content = opened[0].data.get("content")
        return Text(text=content.get("text")) if isinstance(content, dict) else None

    async def _history(self, case: Case, first: int = 1) -> Sequence[RecordedEvent]:
        async with self.parts.engine.connect() as connection:
            places = await projection.places(connection, case.appeal, MOST_EVENTS, first)
        return await self.parts.reader.history(case.appeal, [one.offset for one in places])

    def _words(self, visit: DeskVisit, language: Language) -> HistoryWords:
        site = self.parts.site
        return HistoryWords(visit.names, site.formats(language), site.words(language))


def handles(visit: DeskVisit, case: Case) -> bool:
    """Whether the official of *visit* works on the appeal, so that its texts are shown at once."""
    has_it = case.body == visit.body or (case.body is None and visit.viewer.routes)
    return has_it and bool(visit.official.roles & HANDLING)


def facts(visit: DeskVisit, case: Case, complained_of: frozenset[str]) -> AppealFacts:
    """The facts that decide whether the official of *visit* may read *case*."""
    body = visit.body if case.body is None and visit.viewer.routes else case.body
    return AppealFacts(frozenset() if body is None else frozenset([body]), complained_of, case.confidential)


def look(visit: DeskVisit, case: Case, purpose: Purpose | None = None) -> Look:
    """The look of *visit* at texts of *case*, in a post that gives the right to it."""
    handling = handles(visit, case)
    mine = [one for one in visit.official.posts if one.body == visit.body]
    rights = HANDLING if handling else WATCHING | {HEAD}
    post = next((one for one in mine if one.roles & rights), mine[0])
    return Look(
        official=visit.official.id, post=post.post, body=post.body, delegation=post.delegation,
        purpose=purpose or ("handling" if handling else "supervision"), process="desk", time=visit.now,
    )  # fmt: skip
