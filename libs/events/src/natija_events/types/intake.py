"""Intake events: an appeal is registered, supplemented, linked or withdrawn."""

from typing import Literal

from natija_events.encryption import Sealed
from natija_events.types.base import AppealNumber, Attachment, Count, EventData, Instant, LanguageCode, NestedData
from natija_events.types.codes import BodyCode, Channel, Code, CountryType, District, Jurisdiction, Region, Topic, Word


class Address(NestedData):
    """Where the applicant lives. Region and district serve statistics; the rest is personal data."""

    region: Region | None = None
    district: District | None = None
    settlement: Sealed | None = None
    address_text: Sealed | None = None
    abroad: bool = False


class Applicant(NestedData):
    """The applicant. *id* is a pseudonym: it names the person's data key and links repeats."""

    id: Code | None = None
    kind: Literal["natural", "legal"] = "natural"
    name: Sealed | None = None
    id_number: Sealed | None = None
    birth_date: Sealed | None = None
    phone: Sealed | None = None
    email: Sealed | None = None
    social_group: Code | None = None
    address: Address | None = None


class Representative(NestedData):
    """A person who acts for the applicant, with the proof of authority."""

    name: Sealed
    proof: Sealed | None = None


class Registered(EventData):
    """The appeal is registered. *received* is the instant from which the legal term counts.

    *country_type* is the country's own type of the *kind*, where its law has one; else the rules of the kind apply.

    *register_name* and *external_id* are set when the history of the appeal was imported from another register.
    """

    type = "appeal.registered.v1"

    kind: Literal["application", "complaint", "proposal", "request", "message", "response"]
    country_type: CountryType | None = None
    form: Literal["written", "electronic", "oral", "video"]
    channel: Channel
    received: Instant
    jurisdiction: Jurisdiction
    language: LanguageCode | None = None
    character: Literal["individual", "collective"] = "individual"
    applicants_count: Count = 1
    referral_from: BodyCode | None = None
    addressee: BodyCode | None = None
    complained_of: BodyCode | None = None
    region: Region | None = None
    district: District | None = None
    topic: Topic | None = None
    applicant: Applicant | None = None
    representative: Representative | None = None
    text: Sealed | None = None
    signature: Sealed | None = None
    attachments: tuple[Attachment, ...] = ()
    confidential: bool = False
    parent: AppealNumber | None = None
    part: Count | None = None
    complaint_of: AppealNumber | None = None
    register_name: Code | None = None
    external_id: Word | None = None


class Supplemented(EventData):
    """The applicant adds something on their own initiative."""

    type = "appeal.supplemented.v1"

    text: Sealed | None = None
    attachments: tuple[Attachment, ...] = ()


class WithdrawalRequested(EventData):
    """The applicant asks to withdraw an appeal that is in work."""

    type = "appeal.withdrawal-requested.v1"

    text: Sealed | None = None


class Withdrawn(EventData):
    """The appeal ends at the applicant's request."""

    type = "appeal.withdrawn.v1"

    signer: Code | None = None


class WithdrawalDeclined(EventData):
    """The body continues in spite of the applicant's request to withdraw."""

    type = "appeal.withdrawal-declined.v1"

    signer: Code
    reason: Sealed | None = None


class RepeatLinked(EventData):
    """The same applicant raised the same matter before. Both appeals are considered."""

    type = "appeal.repeat-linked.v1"

    of: AppealNumber


class DuplicateLinked(EventData):
    """This appeal is a copy of another, and both count once. The link leads from the larger to the smaller number."""

    type = "appeal.duplicate-linked.v1"

    of: AppealNumber


class DuplicateUnlinked(EventData):
    """The link was a mistake: the appeal returns to its state before."""

    type = "appeal.duplicate-unlinked.v1"

    signer: Code


class ComplaintFiled(EventData):
    """A complaint about the handling of this appeal was filed. The complaint is an appeal of its own."""

    type = "appeal.complaint-filed.v1"

    complaint: AppealNumber


class AccessCodeReplaced(EventData):
    """The access codes of earlier generations no longer open the appeal. The code of the receipt has generation 1."""

    type = "appeal.access-code-replaced.v1"

    generation: Count


class PersonErased(EventData):
    """The data key of the applicant was destroyed."""

    type = "appeal.person-erased.v1"

    applicant: Code
    ground: Code
