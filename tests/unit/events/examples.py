"""Two events of each type: with required fields only, and with every field set."""

from datetime import UTC, date, datetime
from typing import Any

from tests.sealing import sealed_somewhere

from natija_events.ids import appeal_number
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import Attachment, EventData
from natija_events.types.personal import (
    AppealText,
    Coordinates,
    Explanation,
    Person,
    Protocol,
    Reason,
    Remarks,
    Representative,
    Resolution,
    Text,
)

TEXT = "Жол оңдолсун."
NAME = "Айгүл Асанова"
EARLY = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)
DUE = datetime(2024, 3, 25, 18, 0, tzinfo=UTC)
SMALLEST = appeal_number("KG", 1)
OTHER = appeal_number("KG", 2)
FILE = Attachment(sha256="ab" * 32, bytes=1024, media_type="application/pdf")

LEAST_TERM = deadlines.Term(id="answer-1", origin=deadlines.TermOrigin(sequence=1, instant=DUE), due=DUE)
FULL_TERM = deadlines.Term(
    id="data-12",
    holder="applicant",
    origin=deadlines.TermOrigin(sequence=7, instant=DUE),
    starts=DUE,
    due=DUE,
    policy="kg-67/1",
    calendar="kg/7",
    zonedata="2026f",
    ends=("end", "appeal.data-provided"),
    pauses=("appeal.hearing-scheduled",),
    expiry="return",
    extension=deadlines.TermExtension(latest=DUE, times=2, until=DUE, roles=("desk", "oversight")),
)


def registered(**more: Any) -> intake.Registered:
    """The registration of an appeal."""
    least = {"kind": "application", "form": "written", "channel": "post", "received": DUE, "jurisdiction": "KG"}
    return intake.Registered.model_validate({**least, **more})


LEAST: tuple[EventData, ...] = tuple(
    map(
        sealed_somewhere,
        (
            registered(),
            intake.Supplemented(),
            intake.ApplicantCorrected(),
            intake.NoticeSent(about="appeal.registered", sequence=1, channel="post"),
            intake.WithdrawalRequested(),
            intake.Withdrawn(),
            intake.WithdrawalDeclined(signer="s"),
            intake.RepeatLinked(of=SMALLEST),
            intake.DuplicateLinked(of=SMALLEST),
            intake.DuplicateUnlinked(signer="s"),
            intake.ComplaintFiled(complaint=OTHER),
            intake.AccessCodeReplaced(generation=2),
            intake.ErasureRequested(),
            intake.PersonErased(applicant="a", ground="g"),
            routing.TopicSuggested(topic="t", model="m"),
            routing.TopicAssigned(topic="t"),
            routing.AddresseeDetected(body="b", rule="r"),
            routing.Routed(body="b"),
            routing.ExecutorChanged(executor="e"),
            routing.Assigned(post="p", by="b"),
            routing.NoteAdded(by="b"),
            routing.ForwardPrepared(body="b"),
            routing.ForwardApproved(body="b", approver="a"),
            routing.Forwarded(body="b"),
            routing.ForwardedInPart(body="b", child=OTHER, part=1),
            routing.Returned(reason="r"),
            routing.DataRequested(missing=("address",), until=DUE),
            routing.DataProvided(),
            routing.HearingScheduled(at=DUE),
            routing.HearingHeld(),
            routing.HearingWaived(reason="r"),
            routing.PreliminaryDecisionSent(),
            routing.DecisionPrepared(outcome="satisfied"),
            routing.DecisionApproved(approver="a"),
            routing.DecisionDeclined(by="b"),
            routing.Answered(outcome="satisfied"),
            routing.AnswerDelivered(channel="post"),
            routing.AnswerClarified(),
            routing.AnswerCorrected(),
            routing.LeftWithoutConsideration(reason="anonymous"),
            routing.ReviewTerminated(reason="court_act_in_force"),
            routing.Reopened(body="b", authority="c", decided=EARLY),
            deadlines.TermSet(due=DUE),
            deadlines.TermResumed(term="answer-1", due=DUE),
            deadlines.TermCorrected(term="answer-1", due=DUE, was=DUE, reason="decree"),
            deadlines.TermAnnulled(term="answer-1", due=DUE, reason="calendar"),
            deadlines.ExtensionPrepared(term="answer-1", due=DUE),
            deadlines.ExtensionApproved(term="answer-1", approver="a"),
            deadlines.TermExtended(term="answer-1", due=DUE),
            deadlines.ExtensionDeclined(term="answer-1", by="b"),
            deadlines.Warned(term="answer-1", due=DUE),
            deadlines.Missed(term="answer-1", due=DUE),
            deadlines.DataTermExpired(term="data-1", due=DUE),
            oversight.ControlTaken(by="c"),
            oversight.ControlReleased(by="c"),
            oversight.CourtNoted(court="c", case_number="1/24"),
            oversight.CourtClosed(court="c", case_number="1/24", ruling="discontinued"),
            oversight.SanctionRecorded(measure="fine", body="b"),
        ),
    )
)

FULL: tuple[EventData, ...] = tuple(
    map(
        sealed_somewhere,
        (
            registered(
                country_type="media-request",
                language="ky",
                character="collective",
                applicants_count=3,
                taker="t",
                place="Кочкор айыл өкмөтү",
                referral_from="jogorku-kenesh",
                referral_number="04-17/218",
                referral_date=date(2024, 3, 1),
                addressee="b",
                complained_of="b2",
                region="bishkek",
                district="sverdlov",
                topic="land",
                applicant=intake.Applicant(
                    id="a",
                    kind="natural",
                    social_group="pensioner",
                    address=intake.Address(region="r", district="d", abroad=True),
                ),
                person=Person(
                    name=NAME,
                    id_number="2123",
                    birth_date="1980-02-29",
                    phone="+996555",
                    email="a@b.kg",
                    settlement="Кант",
                    address_text="Ленин 12",
                    representative=Representative(name=NAME, proof="7"),
                    signature=NAME,
                ),
                content=AppealText(text=TEXT, coordinates=Coordinates(latitude=42.87, longitude=74.59)),
                attachments=(FILE,),
                confidential=True,
                parent=SMALLEST,
                part=1,
                complaint_of=OTHER,
                register_name="boston311",
                external_id="101001230000",
            ),
            intake.Supplemented(content=Text(text=TEXT), attachments=(FILE,)),
            intake.ApplicantCorrected(
                applicant=intake.Applicant(id="a", kind="legal", address=intake.Address(region="r")),
                person=Person(name=NAME, phone="+996555"),
            ),
            intake.NoticeSent(about="appeal.forwarded", sequence=7, channel="post", language="ky"),
            intake.WithdrawalRequested(content=Text(text=TEXT)),
            intake.Withdrawn(signer="s"),
            intake.WithdrawalDeclined(signer="s", content=Reason(reason=TEXT)),
            routing.Routed(
                body="b",
                co_bodies=("c", "d"),
                executor="e",
                co_executors=("f", "g"),
                rule="r",
                content=Resolution(resolution=TEXT),
            ),
            routing.ExecutorChanged(executor="e", co_executors=("f",)),
            routing.Assigned(post="p", by="b", until=DUE, content=Text(text=TEXT)),
            routing.NoteAdded(by="b", content=Text(text=TEXT)),
            routing.Forwarded(body="b", external=True, signer="s", content=Reason(reason=TEXT)),
            routing.ForwardedInPart(body="b", child=OTHER, part=1, signer="s"),
            routing.Returned(reason="r", content=Explanation(explanation=TEXT), signer="s"),
            routing.DataProvided(content=Text(text=TEXT), attachments=(FILE,)),
            routing.HearingScheduled(at=DUE, place="Бишкек, Исанов көчөсү 42"),
            routing.HearingHeld(heard_by="d", content=Protocol(protocol=TEXT)),
            routing.PreliminaryDecisionSent(content=Text(text=TEXT)),
            routing.DecisionPrepared(outcome="partly_satisfied", content=Text(text=TEXT)),
            routing.DecisionDeclined(by="b", content=Remarks(remarks=TEXT)),
            routing.Answered(
                outcome="not_considered",
                reason="anonymous",
                signer="s",
                language="ru",
                law=("67", "8"),
                content=Text(text=TEXT),
            ),
            routing.AnswerDelivered(channel="post", language="ky"),
            routing.AnswerClarified(content=Text(text=TEXT), signer="s"),
            routing.AnswerCorrected(content=Text(text=TEXT), signer="s"),
            routing.LeftWithoutConsideration(reason="insults", approver="a"),
            routing.ReviewTerminated(reason="applicant_died", signer="s"),
            routing.Reopened(body="b", authority="c", decided=EARLY, case_number="2/24", content=Reason(reason=TEXT)),
            deadlines.TermSet(due=DUE, starts=DUE, policy="kg-67"),
            deadlines.TermSet(terms=(LEAST_TERM, FULL_TERM)),
            deadlines.TermCorrected(
                term="answer-1", due=DUE, was=DUE, reason="policy", policy="kg-67/2", calendar="kg/7", zonedata="2026f"
            ),
            deadlines.ExtensionPrepared(term="answer-1", due=DUE, content=Reason(reason=TEXT)),
            deadlines.TermExtended(term="answer-1", due=DUE, signer="s", content=Reason(reason=TEXT)),
        ),
    )
)

EXAMPLES = (*LEAST, *FULL)

LEAST_OF = {type(data): data for data in LEAST}
