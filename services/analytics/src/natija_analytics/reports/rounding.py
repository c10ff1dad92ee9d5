"""Named modes of rounding a share in per cent. Integers and decimals only: a tie is a tie, not a binary neighbour.

A published table is only comparable when its mode is known. So a mode has a name, which is printed with the table:
``HALF_UP 2``, ``TRUNCATE 1``, ``HALF_UP 1 + BALANCE_LAST``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_NAME = re.compile(r"(HALF_UP|TRUNCATE) (\d)( \+ BALANCE_LAST)?")


class Mode(StrEnum):
    """The treatment of the digits that are not printed."""

    HALF_UP = "HALF_UP"
    TRUNCATE = "TRUNCATE"


@dataclass(frozen=True, slots=True)
class Rounding:
    """A mode, the decimal places it leaves, and whether the last row takes what the others leave of 100."""

    mode: Mode
    places: int
    balance_last: bool = False

    @classmethod
    def parse(cls, name: str) -> "Rounding":
        """The rounding of this name; ``str`` gives the name back. Raises ValueError."""
        found = _NAME.fullmatch(name)
        if not found:
            raise ValueError(f"rounding {name!r}: expected for example 'HALF_UP 2' or 'HALF_UP 1 + BALANCE_LAST'")
        return cls(Mode(found[1]), int(found[2]), found[3] is not None)

    def __str__(self) -> str:
        return f"{self.mode} {self.places}{' + BALANCE_LAST' if self.balance_last else ''}"

    def percent(self, count: int, base: int) -> Decimal:
        """*count* in per cent of *base*, with exactly ``places`` decimals. Both whole numbers, base above 0."""
        if count < 0 or base <= 0:
            raise ValueError("a share needs a count of 0 or more and a base above 0")
        scaled = count * 100 * 10**self.places
        units = (2 * scaled + base) // (2 * base) if self.mode is Mode.HALF_UP else scaled // base
        return Decimal(units).scaleb(-self.places)

    def percents(self, counts: Sequence[int], base: int) -> list[Decimal]:
        """Each count in per cent of *base*.

        With ``balance_last`` the last row that is not empty gets 100 less the other printed values; the counts have to
        add up to the base then (ValueError otherwise), or there would be nothing to balance.
        """
        printed = [self.percent(count, base) for count in counts]
        if self.balance_last:
            if sum(counts) != base:
                raise ValueError(f"BALANCE_LAST: the rows add up to {sum(counts)}, their base is {base}")
            last = max(index for index, count in enumerate(counts) if count)
            printed[last] += 100 - sum(printed)
        return printed
