"""Adding a publisher: its keys, its Kafka user, its entry of the reference data, and a first event to send."""

import os
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, get_args
from uuid import uuid4

from pydantic import ValidationError

from natija_chassis.errors import OperatorError
from natija_chassis.http import api_keys
from natija_chassis.key_ring import write_key
from natija_chassis.realm.realm_files import PUBLISHERS, load_reference_data
from natija_chassis.settings import Settings
from natija_events.ids import new_appeal_number
from natija_events.reference.data import ReferenceData
from natija_events.reference.entries import OWN_SERVICES, PublisherEntry, PublisherRole, find_wrong_id
from natija_events.signatures import SigningKey
from natija_intake.publishers import access_rights, first_event

_FOLDERS: Mapping[str, str] = {
    "channel": "portals", "desk": "desks", "oversight": "oversight", "data-officer": "data-officers",
    "router": "routers", "history": "registers",
}  # fmt: skip
"""The first part of a source, where only its name is given."""


class NewPublisher(NamedTuple):
    """A publisher that is added: the *line* of its entry, and its files. *key* is None when it has its own.

    *api_key_file* is None when the realm's file of API keys is not changed.
    """

    source: str
    role: str
    line: str
    key: SigningKey | None
    key_file: Path
    password_file: Path
    api_key_file: Path | None


def add(name: str, role: str, body: str | None, output: Path, *, write: bool, public_key: str | None) -> None:
    """Make and print what the publisher *name* needs. Raises `OperatorError`."""
    settings = Settings()
    source = full_source(name, role)
    known = None if settings.realm_files is None else load_reference_data(settings.realm_files)
    _check(source, role, body, known)
    keys = settings.api_keys if write else None
    if keys is not None and keys.exists() and any(one.name == api_key_name(source) for one in api_keys.read(keys)):
        raise OperatorError(f"{keys} has a key for {api_key_name(source)}: revoke it first")
    new = _make(settings, source, role, body, output, public_key, with_api_key=keys is not None)
    _write_private(new.password_file, secrets.token_urlsafe(32))
    if new.key is not None:
        write_key(new.key_file, new.key)
    if write:
        _append(settings, new.line)
    if keys is not None and new.api_key_file is not None:
        api_key = api_keys.new_key()
        _write_private(new.api_key_file, api_key)
        api_keys.add(keys, api_key_name(source), ["publisher"], None, api_key, source=source)
    _print(settings, new, known, written=write)


def api_key_name(source: str) -> str:
    """The name of the API key of the publisher *source*, such as ``desks-labour``."""
    return re.sub("[^a-z0-9]+", "-", source.lower()).strip("-")[:64]


def _make(
    settings: Settings,
    source: str,
    role: str,
    body: str | None,
    output: Path,
    public_key: str | None,
    *,
    with_api_key: bool,
) -> NewPublisher:
    stem = source.strip("/").replace("/", ".")
    key = SigningKey(secrets.token_bytes(32)) if public_key is None else None
    user = access_rights.principal(settings.realm.lower(), source)
    listed = public_key if key is None else key.public_text
    line = entry_line(source, role, body, listed, user, datetime.now(UTC))
    api_key_file = output / f"{stem}.api-key" if with_api_key else None
    return NewPublisher(
        source, role, line, key, output / f"{stem}.pem", output / f"{stem}.kafka-password", api_key_file
    )


def full_source(name: str, role: str) -> str:
    """The source *name*, which begins with a slash; with the folder of the role before it, if it has none."""
    if "/" in name:
        return f"/{name.removeprefix('/')}"
    return f"/{_FOLDERS.get(role, role)}/{name}"


def entry_line(source: str, role: str, body: str | None, key: str | None, user: str, now: datetime) -> str:
    """The line of `publishers.yaml`. Raises `OperatorError` when it breaks a rule of the entries."""
    valid_from = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    entry: dict[str, Any] = {
        "roles": [role], "body": body, "keys": [{"public_key": key, "valid_from": valid_from}], "principal": user,
        "vouched": True,
    }  # fmt: skip
    try:
        PublisherEntry.model_validate({name: value for name, value in entry.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise OperatorError(f"{'.'.join(map(str, first['loc'])) or 'entry'}: {first['msg']}") from None
    speaks = "" if body is None else f"body: {body}, "
    keys = f"keys: [{{public_key: {key}, valid_from: '{valid_from}'}}]"
    return f"  {source}: {{roles: [{role}], {speaks}principal: {user}, vouched: true, {keys}}}\n"


def _check(source: str, role: str, body: str | None, known: ReferenceData | None) -> None:
    if role not in get_args(PublisherRole) or role == "voucher":
        raise OperatorError(f"--role: must be one of {', '.join(_FOLDERS)}")
    if rule := find_wrong_id(source, PublisherEntry(roles=frozenset())):
        raise OperatorError(f"the name of the publisher {rule}")
    if source.startswith(OWN_SERVICES):
        raise OperatorError(f"the name of the publisher begins with {OWN_SERVICES}, as only Natija's own services do")
    if role == "desk" and body is None:
        raise OperatorError("--body: a desk speaks for a body")
    if known is not None and source in known.publishers:
        raise OperatorError(f"{source} is in {PUBLISHERS} already")
    if known is not None and body is not None and body not in known.bodies:
        raise OperatorError("--body: is not among the bodies of directory.yaml")


def _append(settings: Settings, line: str) -> None:
    """Add *line* to the realm's file, and leave it as it was when it is then wrong. Raises `OperatorError`."""
    if settings.realm_files is None:
        raise OperatorError("NATIJA_REALM_FILES is not set: it names the folder with publishers.yaml")
    path = settings.realm_files / PUBLISHERS
    before = path.read_text(encoding="utf-8")
    path.write_text(before.rstrip("\n") + "\n" + line, encoding="utf-8")
    try:
        load_reference_data(settings.realm_files)
    except OperatorError:
        path.write_text(before, encoding="utf-8")
        raise


def _write_private(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise OperatorError(f"{path} exists: a secret is never overwritten") from None
    with os.fdopen(descriptor, "w") as stream:
        stream.write(content)


def _print(settings: Settings, new: NewPublisher, known: ReferenceData | None, *, written: bool) -> None:
    realm = settings.realm.lower()
    print(f"# 1. Keep these files secret, and send them to the publisher:\n{new.password_file}")
    print("# (it has made its key itself)" if new.key is None else new.key_file)
    if new.api_key_file is not None:
        print(new.api_key_file)
    print(f"# 2. {'Added to' if written else 'Add to'} {PUBLISHERS}; then run `natija provision`:\n{new.line}")
    print("# 3. On brokers with ACLs (docs/operations.md), as their administrator:")
    print(access_rights.commands(realm, new.source, str(new.password_file)))
    if new.role not in first_event.OPENING_ROLES:
        print("\n# 4. This role acts on appeals that are there: see the contract for its events.")
        return
    words = _words(known, settings.realm)
    print("\n# 4. A first event in Python, as the publisher:\ncat > first_event.py <<'PYTHON'")
    print(first_event.python_program(realm, new.source, str(new.key_file), **words) + "PYTHON\npython first_event.py")
    number, id, now = new_appeal_number(settings.realm), str(uuid4()), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    print(f"\n# 5. The same without Kafka, with an API key:\n{_api_key(new)}")
    print(first_event.curl_command(new.source, number, id, now, **words))


def _api_key(new: NewPublisher) -> str:
    """The command that sets the API key of the first event."""
    if new.api_key_file is not None:
        return f'NATIJA_API_KEY="$(cat {new.api_key_file})"'
    name = api_key_name(new.source)
    return f'NATIJA_API_KEY="$(natija api-key add {name} --role publisher --source {new.source})"'


def _words(known: ReferenceData | None, realm: str) -> dict[str, str]:
    """A channel and a jurisdiction that the realm has."""
    channels = [] if known is None else list(known.channels)
    jurisdictions = [] if known is None else list(known.jurisdictions)
    return {
        "channel": "electronic" if "electronic" in channels else next(iter(channels), "CHANNEL"),
        "jurisdiction": next(iter(jurisdictions), realm.upper()),
    }
