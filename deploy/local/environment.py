"""The settings of the local stack, written to `.local/natija.env`. The command `natija` finds this file by itself."""

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from deploy.local import identity_provider
from deploy.local.errors import LocalStackError
from deploy.local.paths import StackPaths
from deploy.local.ports import HOST, free_port, split
from natija_chassis.http import api_keys
from natija_chassis.services import management_port_variable, port_variable, resolve, service_infos
from natija_chassis.settings import Settings, variables
from natija_chassis.sign_in.settings import SignInSettings
from natija_events.sealing.data_key import KEY_BYTES, Unsealable, from_text, to_text
from natija_events.sealing.wrapping import RealmKey

_KEYS = ("NATIJA_REALM_KEY", "NATIJA_KEY_ENCRYPTION_KEY", "NATIJA_NUMBER_SECRET", "NATIJA_ACCESS_CODE_SECRET")
API_KEY = "NATIJA_API_KEY"
"""The key of the local stack's operator, with which its user reads the APIs."""
_OPERATOR = "local-operator"
ANSWERS = "NATIJA_ANSWERS_URL"
"""Where browsers read answers: without a proxy, at another port than they follow appeals."""
ISSUER, CLIENT_SECRET = "NATIJA_OIDC_ISSUER", "NATIJA_OIDC_CLIENT_SECRET"
_SECTIONS = {
    "file": "intake", "follow": "intake", "clerk": "intake", "answer": "answers", "statistics": "analytics",
    "desk": "desk", "board": "deadlines",
}  # fmt: skip
"""The process that serves each section, where it is installed. Officials sign in under `localhost`."""
SERVICES = tuple(info.name for info in service_infos())
"""Every installed process."""


def read(paths: StackPaths) -> dict[str, str]:
    """The settings as last written; empty before the first time."""
    try:
        lines = paths.settings.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def compose(paths: StackPaths, *, kafka: str, postgres: str, held: frozenset[str]) -> dict[str, str]:
    """The settings of a stack on these servers: keys and ports stay as they were; our own environment wins.

    *held* names the services that run, whose ports are therefore not free but theirs.
    """
    before = read(paths)
    realm, ports = os.environ.get("NATIJA_REALM", "kg"), _ports(before, held)
    values = {
        "NATIJA_REALM": realm,
        "NATIJA_KAFKA": kafka,
        "NATIJA_POSTGRES": postgres,
        "NATIJA_DATABASE": database_template(postgres),
        **{name: _kept_key(before, name) for name in _KEYS},
        "NATIJA_REGISTRATION_SECRETS": str(paths.registration_secrets),
        "NATIJA_CLOCK": f"file:{paths.state / 'clock.json'}",
        "NATIJA_KEYS": str(paths.keys / "{process}"),
        "NATIJA_REALM_FILES": str(paths.realm),
        "NATIJA_HOST": HOST,
        "NATIJA_API_KEYS": str(paths.api_keys),
        API_KEY: before.get(API_KEY, "") or api_keys.new_key(),
        ANSWERS: f"http://{HOST}:{ports[port_variable('answers')]}",
        **_sign_in(paths, before, held),
    }
    values |= {"NATIJA_SITES": sites(ports)}
    own = values.keys() - {"NATIJA_REALM_FILES"}  # what it names becomes the template of `paths.realm`
    given = {name: os.environ[name] for name in values if name in own and os.environ.get(name)}
    return _with_public_key(values | ports | given)


def _sign_in(paths: StackPaths, before: Mapping[str, str], held: frozenset[str]) -> dict[str, str]:
    """The provider of officials: ours on a port that it keeps, unless the environment names another one."""
    if os.environ.get(ISSUER):
        return {name: os.environ[name] for name in (ISSUER, CLIENT_SECRET) if os.environ.get(name)}
    port = split(before[ISSUER].removeprefix("http://"))[1] if before.get(ISSUER) else identity_provider.PORT
    if identity_provider.NAME not in held:
        port = free_port(port)
    return {ISSUER: f"http://{HOST}:{port}", CLIENT_SECRET: str(paths.client_secrets / "{process}")}


def sites(ports: Mapping[str, str]) -> str:
    """The sections of the processes on these *ports*, for the head of every page."""
    return ",".join(
        f"{section}=http://localhost:{ports[port_variable(process)]}"
        for section, process in _SECTIONS.items()
        if port_variable(process) in ports
    )


def _kept_key(before: Mapping[str, str], name: str) -> str:
    """The key *name* of *before*; a new one without it. Text that is not a key is left out: nothing starts with it."""
    return " ".join(filter(_is_key, before.get(name, "").split())) or new_key()


def _is_key(text: str) -> bool:
    try:
        return len(from_text(text.rstrip("="))) == KEY_BYTES
    except Unsealable:
        return False


def of_process(values: Mapping[str, str], process: str) -> dict[str, str]:
    """Those of *values* that *process* may have: none that only other processes or commands read, above all no key."""
    settings: dict[str, type[Settings]] = {info.name: resolve(info.settings) for info in service_infos()}
    own = set(variables(settings.get(process, Settings)).values())
    others = {name for one in settings.values() for name in variables(one).values()} | {"NATIJA_POSTGRES", API_KEY}
    return {name: value for name, value in values.items() if name in own or name not in others}


def _ports(before: Mapping[str, str], held: frozenset[str]) -> dict[str, str]:
    ports: dict[str, str] = {}
    taken: set[int] = set()
    for info in sorted(service_infos(), key=lambda one: one.name not in held):
        for name, default in (
            (port_variable(info.name), info.port),
            (management_port_variable(info.name), info.management_port),
        ):
            port = int(before.get(name, default))
            if info.name not in held:
                port = free_port(port, without=frozenset(taken))
            taken.add(port)
            ports[name] = str(port)
    return ports


def _with_public_key(values: dict[str, str]) -> dict[str, str]:
    """*values* with the public key of the realm: the given one, or that of the newest private key."""
    given = os.environ.get("NATIJA_REALM_PUBLIC_KEY")
    return values | {"NATIJA_REALM_PUBLIC_KEY": given or public_key(values["NATIJA_REALM_KEY"].split()[-1])}


def public_key(private: str) -> str:
    """The public key of a realm's *private* key, both in base64url. Raises `LocalStackError` for anything else."""
    try:
        return to_text(RealmKey(from_text(private.rstrip("=")), "").public)
    except (Unsealable, ValueError):
        raise LocalStackError("NATIJA_REALM_KEY: must be 32 bytes in base64url") from None


def write(paths: StackPaths, values: Mapping[str, str]) -> None:
    """Write *values*, which hold keys, the first secret of registration ids, and the hash of the operator's API key:
    for this user's eyes only."""
    if not paths.registration_secrets.exists():
        _write_private(paths.registration_secrets, [f"{new_key()}\n"])
    if ISSUER in values and not os.environ.get(ISSUER):
        _write_client_secrets(paths.client_secrets)
    if key := values.get(API_KEY):
        _admit_operator(paths.api_keys, key)
    lines = [f"{name}={value}\n" for name, value in values.items()]
    _write_private(paths.settings, ["# Written by the local stack; `make clean` forgets it.\n", *lines])


def _write_client_secrets(folder: Path) -> None:
    """A secret for each process to which officials sign in. Those that are there stay."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for info in service_infos():
        if issubclass(resolve(info.settings), SignInSettings) and not (folder / info.name).exists():
            _write_private(folder / info.name, [f"{new_key()}\n"])


def _admit_operator(path: Path, key: str) -> None:
    known = api_keys.read(path) if path.exists() else ()
    if any(one.sha256 == api_keys.digest(key) for one in known):
        return
    if any(one.name == _OPERATOR for one in known):
        api_keys.revoke(path, _OPERATOR)
    api_keys.add(path, _OPERATOR, ["operator"], None, key)


def _write_private(path: Path, lines: Sequence[str]) -> None:
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.writelines(lines)
    draft.replace(path)


def database_template(postgres: str) -> str:
    """NATIJA_DATABASE for the server of the superuser's URL *postgres*.

    The services' roles get a password that follows from that URL; a server that trusts its socket does not ask for it.
    """
    url = urlsplit(postgres)
    host = url.netloc.rpartition("@")[2]
    password = hashlib.sha256(postgres.encode()).hexdigest()[:32] if url.password else ""
    query = urlencode([pair for pair in parse_qsl(url.query) if pair[0] in ("host", "port")], safe="/")
    role = "natija_{service}" + (f":{password}" if password else "")
    return f"postgresql+asyncpg://{role}@{host}/{{realm}}_{{service}}" + (f"?{query}" if query else "")


def new_key() -> str:
    """32 random bytes in base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
