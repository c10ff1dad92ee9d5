"""The rule book's holder of an appeal, and its register: written a second time, for tests."""

from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.types.routing import Forwarded, Reopened, Routed

ROLES = {
    "/portals/one": "channel", "/portals/two": "channel", "/desks/a": "desk", "/desks/b": "desk", "/desks/c": "desk",
    "/services/routing": "router", "/services/deadlines": "clock", "/oversight/o": "oversight",
    "/data-officers/d": "data-officer", "/registers/one": "history", "/registers/two": "history",
}  # fmt: skip
"""The publishers of these tests, each with its role. The last letter of a desk is its body."""


class HolderModel:
    """Holder and feeding register as the rule book has them, followed event by event."""

    def __init__(self) -> None:
        self.holder: str | None = None
        self.addressee: str | None = None
        self.opener = ""
        self.fed = False

    def holders(self) -> list[str]:
        """The bodies that may act."""
        if self.holder:
            return [self.holder]
        return [body for body in (self.addressee, self.opener[-1] if "/desks/" in self.opener else None) if body]

    def true(self, source: str) -> set[str]:
        """The conditions that *source* meets."""
        body = source[-1] if ROLES[source] == "desk" else None
        holders = self.holders()
        holds = body in holders
        above = not holds and any(body > one for one in holders) if body else False
        met = {
            "always": True, "holds": holds, "above": above, "unheld": not self.holder,
            "unfed": not self.fed, "opened": source == self.opener and not self.holder and not self.fed,
            "feeds": self.fed and source == self.opener,
        }  # fmt: skip
        return {condition for condition, is_met in met.items() if is_met}

    def apply(self, source: str, data: EventData, *, ended: bool) -> None:
        if isinstance(data, Registered):
            self.addressee, self.opener, self.fed = data.addressee, source, data.register_name is not None
            return
        moves = isinstance(data, (Routed, Forwarded, Reopened))
        if moves and not getattr(data, "external", False):
            self.holder = data.body  # type: ignore[attr-defined]
        if source != self.opener and (moves or ended):
            self.fed = False
