"""The officials of the local stack: posts of three bodies, and the users of its identity provider who hold them.

Nobody else may use them: that provider lets anybody sign in as any of them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml

from natija_chassis.realm.officials_file import OFFICIALS
from natija_chassis.realm.realm_files import DIRECTORY
from natija_events.reference.entries import OfficialRole

_BODIES = ("ministry-transport", "mayor-bishkek", "prosecutor-general")
"""Where the realm has them; else its first three."""
_OF_DESKS: Sequence[OfficialRole] = ("registrar", "executor", "approver", "signer", "head")
_OF_OVERSIGHT: Sequence[OfficialRole] = ("controller", "auditor", "analyst")


class DemoOfficial(NamedTuple):
    """A user, who has one post with one role; the *subject* is their name at the provider."""

    body: str
    role: OfficialRole

    @property
    def post(self) -> str:
        """The id of their post."""
        return f"{self.body}/{self.role}"

    @property
    def subject(self) -> str:
        """The name that one chooses on the page of the provider."""
        return f"{self.body}.{self.role}"


def officials(realm_files: Path) -> Sequence[DemoOfficial]:
    """Those of the realm in the folder *realm_files*: two bodies that answer appeals, and one that watches."""
    return tuple(_officials(_bodies(realm_files)))


def write(realm_files: Path, issuer: str) -> None:
    """Write `officials.yaml`, unless the realm has its own."""
    path = realm_files / OFFICIALS
    if path.is_symlink():
        return
    found = officials(realm_files)
    content = {
        "issuer": issuer,
        "posts": {one.post: {"roles": [one.role]} for one in found},
        "officials": [{"subject": one.subject, "posts": [{"post": one.post}]} for one in found],
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _bodies(realm_files: Path) -> Sequence[str]:
    known = list(yaml.safe_load((realm_files / DIRECTORY).read_text(encoding="utf-8")).get("bodies") or {})
    return _BODIES if set(_BODIES) <= set(known) else known[:3]


def _officials(bodies: Sequence[str]) -> Iterator[DemoOfficial]:
    for body in bodies:
        for role in _OF_OVERSIGHT if body == bodies[-1] else _OF_DESKS:
            yield DemoOfficial(body, role)
