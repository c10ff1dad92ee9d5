"""Intake events: an appeal is registered, supplemented, linked or withdrawn."""

from typing import Literal

from natija_events.types.base import (
    AppealNumber,
    Attachment,
    Count,
    EventData,
    Instant,
    LanguageCode,
    LocalDay,
    NestedData,
    TypeName,
)
from natija_events.types.codes import (
    BodyCode,
    Channel,
    Code,
    CountryType,
    District,
    Jurisdiction,
    Region,
    SocialGroup,
    Topic,
    Word,
)
from natija_events.types.personal import AppealText, Person, Reason, Text
from natija_events.types.sealed import Sealed

AppealKind = Literal["application", "complaint", "proposal", "request", "message", "response"]
"""The kinds of appeals."""


class Address(NestedData):
    """Where the applicant lives, for statistics. The rest of the address is personal."""

    region: Region | None = None
    """The region where the applicant lives."""
    district: District | None = None
    """The district where the applicant lives."""
    abroad: bool = False
    """True when the applicant lives abroad."""


class Applicant(NestedData):
    """The applicant, as far as statistics need. *id* is a pseudonym, which links repeats."""

    id: Code | None = None
    """The pseudonym of the applicant in this realm."""
    kind: Literal["natural", "legal"] = "natural"
    """A natural person, or a legal one."""
    social_group: SocialGroup | None = None
    """The social group, for statistics."""
    address: Address | None = None
    """Where the applicant lives."""


class Registered(EventData):
    """The appeal is registered. *received* is the instant from which the legal term counts.

    *country_type* is the country's own type of the *kind*, where its law has one; else the rules of the kind apply.

    *register_name* and *external_id* are set when the history of the appeal was imported from another register.
    """

    type = "appeal.registered.v1"

    kind: AppealKind
    """The kind of the appeal by its content."""
    country_type: CountryType | None = None
    """The country's own type of the appeal. Without it the rules of the kind apply."""
    form: Literal["written", "electronic", "oral", "video"]
    """The form in which the appeal was sent."""
    channel: Channel
    """The channel by which the appeal came."""
    received: Instant
    """The instant of receipt, from which the term counts. Never after the time of the event."""
    jurisdiction: Jurisdiction
    """The country whose law applies."""
    language: LanguageCode | None = None
    """The language of the appeal (ISO 639)."""
    character: Literal["individual", "collective"] = "individual"
    """Sent by one person, or by several together."""
    applicants_count: Count = 1
    """The number of persons who signed the appeal."""
    taker: Code | None = None
    """The post of the official who accepted the appeal. At a personal reception, the one who received the applicant."""
    place: Word | None = None
    """The public place where the appeal was accepted, such as a reception office. Never an applicant's home."""
    referral_from: BodyCode | None = None
    """The body that passed the appeal on to this one."""
    referral_number: Word | None = None
    """The number under which that body passed it on."""
    referral_date: LocalDay | None = None
    """The date of its letter."""
    addressee: BodyCode | None = None
    """The body to which the applicant wrote."""
    complained_of: BodyCode | None = None
    """The body about which the applicant complains."""
    region: Region | None = None
    """The region that the appeal is about."""
    district: District | None = None
    """The district that the appeal is about."""
    topic: Topic | None = None
    """The topic of the appeal."""
    applicant: Applicant | None = None
    """The applicant; for a collective appeal, the first named one."""
    person: Sealed[Person] = Person()
    """The sender of the appeal, and the person who acts for them. Sealed."""
    content: Sealed[AppealText] = AppealText()
    """The text of the appeal, and its place. Sealed."""
    attachments: tuple[Attachment, ...] = ()
    """The files that came with the appeal."""
    confidential: bool = False
    """True when the applicant asks not to be named to the body complained of."""
    parent: AppealNumber | None = None
    """The number of the appeal of which this one is a part."""
    part: Count | None = None
    """The number of the part within its parent, from 1."""
    complaint_of: AppealNumber | None = None
    """The number of the appeal whose handling this complaint is about."""
    register_name: Code | None = None
    """The register from which the history was imported."""
    external_id: Word | None = None
    """The id of the appeal in that register."""


class Supplemented(EventData):
    """The applicant adds something on their own initiative."""

    type = "appeal.supplemented.v1"

    content: Sealed[Text] = Text()
    """The added text. Sealed."""
    attachments: tuple[Attachment, ...] = ()
    """The added files."""


class ApplicantCorrected(EventData):
    """Data of the applicant were wrong or have changed. The new *person* replaces the old one as a whole.

    *applicant* is there only when the part for statistics changes.
    """

    type = "appeal.applicant-corrected.v1"

    applicant: Applicant | None = None
    """The applicant as far as statistics need, if that changes."""
    person: Sealed[Person] = Person()
    """The sender of the appeal, and the person who acts for them. Sealed."""


class NoticeSent(EventData):
    """The applicant was told of an event of this appeal. It ends the term for the notice."""

    type = "appeal.notice-sent.v1"

    about: TypeName
    """The type of the event, without its version."""
    sequence: Count
    """The sequence of the event."""
    channel: Channel
    """The channel by which the notice was sent."""
    language: LanguageCode | None = None
    """The language of the notice (ISO 639)."""


class WithdrawalRequested(EventData):
    """The applicant asks to withdraw an appeal that is in work."""

    type = "appeal.withdrawal-requested.v1"

    content: Sealed[Text] = Text()
    """The request, in the applicant's words. Sealed."""


class Withdrawn(EventData):
    """The appeal ends at the applicant's request."""

    type = "appeal.withdrawn.v1"

    signer: Code | None = None
    """The post that confirmed the withdrawal."""


class WithdrawalDeclined(EventData):
    """The body continues in spite of the applicant's request to withdraw."""

    type = "appeal.withdrawal-declined.v1"

    signer: Code
    """The post that signed it."""
    content: Sealed[Reason] | None = None
    """The reason, in words. Sealed."""


class RepeatLinked(EventData):
    """The same applicant raised the same matter before. Both appeals are considered."""

    type = "appeal.repeat-linked.v1"

    of: AppealNumber
    """The number of the earlier appeal."""


class DuplicateLinked(EventData):
    """This appeal is a copy of another, and both count once. The link leads from the larger to the smaller number."""

    type = "appeal.duplicate-linked.v1"

    of: AppealNumber
    """The number of the appeal of which this one is a copy: the smaller number."""


class DuplicateUnlinked(EventData):
    """The link was a mistake: a merged appeal returns to its state before. Any other state stays."""

    type = "appeal.duplicate-unlinked.v1"

    signer: Code
    """The post that signed it."""


class ComplaintFiled(EventData):
    """A complaint about the handling of this appeal was filed. The complaint is an appeal of its own."""

    type = "appeal.complaint-filed.v1"

    complaint: AppealNumber
    """The number of the complaint."""


class AccessCodeReplaced(EventData):
    """The access codes of earlier generations no longer open the appeal. The code of the receipt has generation 1."""

    type = "appeal.access-code-replaced.v1"

    generation: Count
    """The generation of the code that opens the appeal from now on, from 2."""


class ErasureRequested(EventData):
    """The applicant asks that their personal data be erased."""

    type = "appeal.erasure-requested.v1"

    content: Sealed[Text] = Text()
    """The request, in the applicant's words. Sealed."""


class PersonErased(EventData):
    """The data keys of the appeal were destroyed: nobody can read its personal data any more."""

    type = "appeal.person-erased.v1"

    applicant: Code
    """The pseudonym of the applicant in this realm."""
    ground: Code
    """The legal ground of the erasure."""
