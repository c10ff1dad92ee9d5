"""The life cycle of domain.md §8, written a second time: the table in the code must agree.

A line is: type | from | to | who may publish | M material, t term or n note | how far back.
`!` after the weight: `expectedsequence` is required.
`same`: the state stays. `back:S`: from S to the state before, else it stays. `unless-waiting`: in AWAITING_DATA the
state stays, and the target is the state to which the data lead.
The fourth cell has roles, each with its condition if that is not the usual one. A register may bring a history of
everything, if the line does not say `live`. `always`: no role has a condition.
"""

from typing import NamedTuple

OPEN = ("REGISTERED", "TRANSFERRED", "ROUTED", "IN_WORK", "AWAITING_DATA", "ON_APPROVAL", "ON_SIGNING")
ENDED = ("ANSWERED", "FORWARDED", "RETURNED", "WITHDRAWN", "NOT_CONSIDERED", "TERMINATED", "MERGED_AS_DUPLICATE")
STATES = ("NEW", *OPEN, *ENDED)
WAITING = "AWAITING_DATA"
WITH_A_BODY = ("ROUTED", "IN_WORK", "ON_APPROVAL", "ON_SIGNING")

_LINES = """
registered                 | NEW                       | REGISTERED             | channel desk always | M  | a day
supplemented               | open                      | same                   | channel desk   | M  | a day
applicant-corrected        | open ended                | same                   | desk data-officer | n  | now
notice-sent                | open ended                | same                   | channel desk   | n  | now
withdrawal-requested       | open                      | same                   | channel desk   | M  | a day
withdrawn                  | open                      | WITHDRAWN              | channel:opened desk | M! | now
withdrawal-declined        | open                      | same                   | desk           | M! | now
repeat-linked              | open ended                | same                   | channel desk router | n  | now
duplicate-linked           | open ended                | MERGED_AS_DUPLICATE    | desk router:unfed | M! | now
duplicate-unlinked         | open ended                | back:MERGED_AS_DUPLICATE | desk router:always | M! | now
complaint-filed            | open ended                | same                   | channel desk   | n  | now
access-code-replaced       | open ended                | same                   | channel live | n  | now
erasure-requested          | open ended                | same           | channel desk data-officer live | n  | now
person-erased              | open ended                | same                   | data-officer live | n  | now

topic-suggested            | open                      | same                   | desk router    | n  | now
topic-assigned             | open                      | same                   | desk router    | M  | now
addressee-detected         | open                      | same                   | desk router    | n  | now
routed                     | open                      | ROUTED unless-waiting  | desk router    | M! | now
executor-changed           | AWAITING_DATA with-a-body | IN_WORK unless-waiting | desk           | M! | now
assigned                   | TRANSFERRED AWAITING_DATA with-a-body | same                   | desk           | n  | now
note-added                 | open ended                | same                   | desk oversight | n  | now
forward-prepared           | open                      | same                   | desk           | n  | now
forward-approved           | open                      | same                   | desk           | n  | now
forwarded                  | open                      | TRANSFERRED            | desk           | M! | now
forwarded-in-part          | open                      | same                   | desk           | M! | now
returned                   | open                      | RETURNED               | desk           | M! | now
data-requested             | REGISTERED TRANSFERRED ROUTED IN_WORK | AWAITING_DATA          | desk           | M! | now
data-provided              | AWAITING_DATA             | back:AWAITING_DATA     | channel desk   | M  | a day
hearing-scheduled          | open                      | same                   | desk           | n  | now
hearing-held               | open                      | same                   | desk           | n  | now
hearing-waived             | open                      | same                   | desk           | n  | now
preliminary-decision-sent  | open                      | same                   | desk           | n  | now
decision-prepared          | with-a-body               | ON_APPROVAL            | desk           | M! | now
decision-approved          | ON_APPROVAL               | ON_SIGNING             | desk           | M! | now
decision-declined          | ON_APPROVAL ON_SIGNING    | IN_WORK                | desk           | M! | now
answered                   | REGISTERED TRANSFERRED with-a-body | ANSWERED               | desk           | M! | now
answer-delivered           | ANSWERED                  | same                   | channel desk   | n  | now
answer-clarified           | ANSWERED                  | same                   | desk           | M  | now
answer-corrected           | ANSWERED                  | same                   | desk           | M  | now
left-without-consideration | open                      | NOT_CONSIDERED         | desk           | M! | now
review-terminated          | open                      | TERMINATED             | desk           | M! | now
reopened                   | closed                    | TRANSFERRED  | desk:above oversight | M! | now

term-set                   | open ended                | same                   | clock          | t  | now
term-resumed               | open ended                | same                   | clock          | t! | any
term-corrected             | open ended                | same                   | clock          | t! | now
term-annulled              | open ended                | same                   | clock          | t! | now
extension-prepared         | open                      | same                   | desk           | n  | now
extension-approved         | open                      | same                   | desk           | n  | now
term-extended           | open ended                | same                   | desk oversight | t! | now
extension-declined         | open                      | same                   | desk           | n  | now
warned                     | open ended                | same                   | clock          | t! | now
missed                     | open ended                | same                   | clock          | t! | any
data-term-expired          | AWAITING_DATA             | RETURNED               | clock          | M! | any

control-taken              | open                      | same                   | oversight      | n  | now
control-released           | open ended                | same                   | oversight      | n  | now
court-noted                | open ended                | same                   | desk oversight | n  | now
court-closed               | open ended                | same                   | desk oversight | n  | now
sanction-recorded          | open ended                | same                   | oversight      | n  | now
"""

USUAL = {
    "channel": "unfed", "desk": "holds", "router": "unheld", "clock": "unfed", "oversight": "always",
    "data-officer": "always", "history": "feeds",
}  # fmt: skip
_WORDS = {"open": OPEN, "ended": ENDED, "closed": ENDED[:-1], "with-a-body": WITH_A_BODY}


class TableLine(NamedTuple):
    """A line of this table."""

    type: str
    source: tuple[str, ...]
    target: str
    publishers: dict[str, str]
    material: bool
    term: bool
    expected: bool
    back: str

    def state_after(self, state: str, before: str) -> str:
        """The state after the event in *state*; *before* is the state to which that one leads back."""
        word, _, suspended = self.target.partition(":")
        if word == "back":
            return before if state == suspended else state
        stays = word == "same" or (state in ENDED and self.stays_ended) or (self.keeps_waiting and state == WAITING)
        return state if stays else word.split()[0]

    @property
    def keeps_waiting(self) -> bool:
        """Whether it leaves the appeal waiting for data."""
        return self.target.endswith("unless-waiting")

    @property
    def stays_ended(self) -> bool:
        """Whether it changes no state after the end: it may also come before."""
        return not set(OPEN).isdisjoint(self.source)


def _line(text: str) -> TableLine:
    name, source, target, who, kind, back = (cell.strip() for cell in text.split("|"))
    states = tuple(state for word in source.split() for state in _WORDS.get(word, (word,)))
    material, term, expected = (letter in kind for letter in "Mt!")
    return TableLine(f"appeal.{name}.v1", states, target, _who(who.split()), material, term, expected, back)


def _who(words: list[str]) -> dict[str, str]:
    roles = [word.partition(":") for word in words if word not in ("live", "always")]
    given = {role: condition or USUAL[role] for role, _, condition in roles}
    if "live" not in words:
        given["history"] = USUAL["history"]
    return dict.fromkeys(given, "always") if "always" in words else given


LINES = tuple(_line(text) for text in _LINES.splitlines() if text)
