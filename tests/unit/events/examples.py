"""One event of each type, as short as it may be and with every field set, and short names to write histories with."""

from datetime import UTC, datetime
from typing import Any

from natija_events.encryption import Sealer
from natija_events.ids import appeal_number
from natija_events.types import deadlines as d
from natija_events.types import intake as i
from natija_events.types import oversight as o
from natija_events.types import routing as r
from natija_events.types.base import Attachment, EventData

SEALER = Sealer(bytes(range(32)))
SEALED = SEALER.seal("KG", "example", "Айгүл Асанова")
DUE = datetime(2024, 3, 25, 18, 0, tzinfo=UTC)
SMALLEST = appeal_number("KG", 1)
OTHER = appeal_number("KG", 2)
FILE = Attachment(sha256="ab" * 32, bytes=1024, media_type="application/pdf")


def registered(**more: Any) -> i.Registered:
    """An appeal comes in."""
    least = {"kind": "application", "form": "written", "channel": "post", "received": DUE, "jurisdiction": "KG"}
    return i.Registered.model_validate({**least, **more})


LEAST: tuple[EventData, ...] = (
    registered(),
    i.Supplemented(),
    i.WithdrawalRequested(),
    i.Withdrawn(),
    i.WithdrawalDeclined(signer="s"),
    i.RepeatLinked(of=SMALLEST),
    i.DuplicateLinked(of=SMALLEST),
    i.DuplicateUnlinked(signer="s"),
    i.ComplaintFiled(complaint=OTHER),
    i.PersonErased(applicant="a", ground="g"),
    r.TopicSuggested(topic="t", model="m"),
    r.TopicAssigned(topic="t"),
    r.AddresseeDetected(body="b", rule="r"),
    r.Routed(body="b"),
    r.ExecutorChanged(executor="e"),
    r.ForwardPrepared(body="b"),
    r.ForwardApproved(body="b", approver="a"),
    r.Forwarded(body="b"),
    r.ForwardedInPart(body="b", child=OTHER, part=1),
    r.Returned(reason="r"),
    r.DataRequested(missing=("address",), until=DUE),
    r.DataProvided(),
    r.HearingScheduled(at=DUE),
    r.HearingHeld(),
    r.HearingWaived(reason="r"),
    r.PreliminaryDecisionSent(),
    r.DecisionPrepared(outcome="satisfied"),
    r.DecisionApproved(approver="a"),
    r.DecisionDeclined(by="b"),
    r.Answered(outcome="satisfied"),
    r.AnswerDelivered(channel="post"),
    r.AnswerClarified(),
    r.AnswerCorrected(),
    r.LeftWithoutConsideration(reason="anonymous"),
    r.ReviewTerminated(reason="court_act_in_force"),
    d.TermSet(due=DUE),
    d.ExtensionPrepared(due=DUE),
    d.ExtensionApproved(approver="a"),
    d.ExtensionSigned(due=DUE),
    d.ExtensionDeclined(by="b"),
    d.Warned(due=DUE),
    d.Missed(due=DUE),
    d.DataTermExpired(until=DUE),
    o.ControlTaken(by="c"),
    o.ControlReleased(by="c"),
    o.CourtNoted(court="c", case_number="1/24"),
    o.SanctionRecorded(measure="fine", body="b"),
)

FULL: tuple[EventData, ...] = (
    registered(
        language="ky",
        character="collective",
        applicants_count=3,
        referral_from="jogorku-kenesh",
        addressee="b",
        complained_of="b2",
        region="bishkek",
        district="sverdlov",
        topic="land",
        applicant=i.Applicant(
            id="a",
            kind="natural",
            name=SEALED,
            id_number=SEALED,
            birth_date=SEALED,
            phone=SEALED,
            email=SEALED,
            social_group="pensioner",
            address=i.Address(region="r", district="d", settlement=SEALED, address_text=SEALED, abroad=True),
        ),
        representative=i.Representative(name=SEALED, proof=SEALED),
        text=SEALED,
        signature=SEALED,
        attachments=(FILE,),
        confidential=True,
        parent=SMALLEST,
        part=1,
        complaint_of=OTHER,
        register_name="boston311",
        external_id="101001230000",
    ),
    i.Supplemented(text=SEALED, attachments=(FILE,)),
    i.WithdrawalRequested(text=SEALED),
    i.Withdrawn(signer="s"),
    i.WithdrawalDeclined(signer="s", reason=SEALED),
    r.Routed(body="b", executor="e", co_executors=("f", "g"), rule="r", resolution=SEALED),
    r.ExecutorChanged(executor="e", co_executors=("f",)),
    r.Forwarded(body="b", external=True, signer="s", reason=SEALED, due=DUE),
    r.ForwardedInPart(body="b", child=OTHER, part=1, signer="s"),
    r.Returned(reason="r", explanation=SEALED, signer="s"),
    r.DataProvided(text=SEALED, attachments=(FILE,)),
    r.HearingHeld(protocol=SEALED),
    r.PreliminaryDecisionSent(text=SEALED),
    r.DecisionPrepared(outcome="partly_satisfied", text=SEALED),
    r.DecisionDeclined(by="b", remarks=SEALED),
    r.Answered(outcome="not_considered", reason="anonymous", signer="s", language="ru", law=("67", "8"), text=SEALED),
    r.AnswerDelivered(channel="post", language="ky"),
    r.AnswerClarified(text=SEALED, signer="s"),
    r.AnswerCorrected(text=SEALED, signer="s"),
    r.LeftWithoutConsideration(reason="insults", approver="a"),
    r.ReviewTerminated(reason="applicant_died", signer="s"),
    d.TermSet(due=DUE, starts=DUE, policy="kg-67"),
    d.ExtensionPrepared(due=DUE, reason=SEALED),
    d.ExtensionSigned(due=DUE, signer="s", reason=SEALED),
)

EXAMPLES = (*LEAST, *FULL)

LEAST_OF = {type(data): data for data in LEAST}
