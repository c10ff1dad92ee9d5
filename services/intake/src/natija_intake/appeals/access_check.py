"""The check of an access code: which appeal it opens, and how often one may try."""

import logging
from typing import Literal

from natija_chassis.observability.logs import RateLimit
from natija_events.ids import parse_appeal_number
from natija_intake.appeals.head_lookup import HeadLookup, StatusUnavailable
from natija_intake.appeals.metrics import ACCESS_CODE_CHECKS
from natija_intake.receipts.access_codes import AccessCodes
from natija_intake.receipts.attempts import Attempts
from natija_intake.registrar.heads import NO_HEAD, Head

audit = logging.getLogger("natija.audit.access_codes")
audit.addFilter(RateLimit(most=100, seconds=10))
_NO_APPEAL = "XX-0000-0000-0000-00"
"""Stands for text that is not a number: it is looked up like one, and no code opens it."""


class AccessCheck:
    """Checks *codes* against *heads*, as often as *attempts* allow."""

    def __init__(self, codes: AccessCodes, heads: HeadLookup, attempts: Attempts) -> None:
        self._codes, self._heads, self._attempts = codes, heads, attempts

    async def find(self, typed_number: str, typed_code: str, address: str) -> tuple[str, Head | None] | None:
        """The number and head of an appeal; the head is None before registration. None when number or code is wrong, or
        after too many attempts at this appeal or from this *address*.

        Raises `StatusUnavailable`: without the head, nobody knows whether the code was replaced.
        """
        number = _parsed(typed_number)
        if not self._attempts.take(number, address):
            _count("throttled", number)
            return None
        try:
            head = await self._heads.get(number)
        except StatusUnavailable:
            self._attempts.give_back(number, address)
            raise
        generation = (head or NO_HEAD).code_generation
        if not self._codes.opens(typed_code, number, generation) or number == _NO_APPEAL:
            _count("refused", number)
            return None
        self._attempts.give_back(number, address)
        ACCESS_CODE_CHECKS.labels("accepted").inc()
        return number, head


def _count(result: Literal["throttled", "refused"], number: str) -> None:
    """Count a code that opened nothing, and log its appeal: neither the code nor the client."""
    ACCESS_CODE_CHECKS.labels(result).inc()
    audit.warning("access code %s", result, extra={"appeal": None if number == _NO_APPEAL else number})


def _parsed(typed_number: str) -> str:
    try:
        return parse_appeal_number(typed_number)
    except ValueError:
        return _NO_APPEAL
