"""The metrics of the intake API."""

from prometheus_client import Counter

ACCESS_CODE_CHECKS = Counter(
    "natija_intake_access_code_checks",
    "Requests for the status of an appeal: accepted, refused (wrong number or code), or throttled",
    ["result"],
)
"""Bad when `throttled` grows: somebody guesses, or a proxy hides the addresses of all clients behind its own."""

APPEALS_LIMITED = Counter(
    "natija_intake_appeals_limited", "Appeals that were refused because their client address had sent too many"
)
"""Bad when it grows: somebody floods, or a proxy hides the addresses of all clients behind its own."""

PROPOSALS_LIMITED = Counter(
    "natija_intake_proposals_limited", "Proposals over HTTP that were refused because their publisher had sent too many"
)
"""Bad when it grows: a publisher sends in a loop, or brings a register by HTTP."""
