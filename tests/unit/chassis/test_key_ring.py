"""The keys of a process: its own folder, files for this user only, and no other's key in its environment."""

import stat
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from deploy.local import environment, realm_files
from deploy.local.paths import REPOSITORY
from tests import signing
from tests.realm_pool import REALM_FILES
from tests.unit.chassis.test_cli import natija

from natija_chassis.errors import OperatorError
from natija_chassis.key_ring import holder, key_file, service_key, signing_key, write_key
from natija_chassis.realm.realm_files import load_reference_data
from natija_chassis.settings import Settings
from natija_events.sealing.data_key import DataKey, from_text
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import RealmKey, RealmPublicKey
from natija_events.signatures import SigningKey

ROUTING = "/services/routing"
KEY = SigningKey(b"r" * 32)
TEMPLATE = REPOSITORY / "deploy/realms/kg"


class RoutingSettings(Settings):
    process: ClassVar[str] = "routing"


class DeadlinesSettings(Settings):
    process: ClassVar[str] = "deadlines"


@pytest.fixture
def keys(tmp_path: Path) -> str:
    """The setting NATIJA_KEYS of a realm in which only routing has a key."""
    write_key(key_file(tmp_path / "routing", ROUTING), KEY)
    return str(tmp_path / "{process}")


class TestKeyRing:
    def test_process_reads_own_folder_only(self, keys: str) -> None:
        own = signing_key(RoutingSettings(keys=keys), ROUTING)
        assert own is not None
        assert own.id == KEY.id
        assert signing_key(DeadlinesSettings(keys=keys), ROUTING) is None

    def test_missing_key_is_named(self, keys: str) -> None:
        """A service of a realm with keys does not start without its own: everything it proposes would be refused."""
        assert service_key(RoutingSettings(keys=keys)) is not None
        with pytest.raises(OperatorError, match=r"services\.deadlines\.pem does not exist: .natija keys create /serv"):
            service_key(DeadlinesSettings(keys=keys))

    def test_realm_without_keys_signs_nothing(self) -> None:
        assert service_key(RoutingSettings()) is None

    def test_environment_may_hold_the_key(self) -> None:
        settings = RoutingSettings(signing_key=KEY.to_pem().decode())
        found = service_key(settings)
        assert found is not None
        assert found.id == KEY.id
        assert "PRIVATE" not in repr(settings)

    def test_malformed_key_is_not_repeated(self, keys: str) -> None:
        key_file(Path(keys.replace("{process}", "routing")), ROUTING).write_text("hunter2")
        for settings in (RoutingSettings(keys=keys), RoutingSettings(signing_key="hunter2")):
            with pytest.raises(OperatorError, match="not an Ed25519 private key") as refused:
                signing_key(settings, ROUTING)
            assert "hunter2" not in str(refused.value)

    def test_file_is_for_this_user_only(self, tmp_path: Path) -> None:
        path = tmp_path / "keys" / "new.pem"
        write_key(path, KEY)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        with pytest.raises(OperatorError, match="never overwritten"):
            write_key(path, KEY)

    def test_each_source_has_one_holder(self) -> None:
        assert [holder(source) for source in (ROUTING, "/registers/osh", "/desks/a/b")] == [
            "routing", "import", "desk",
        ]  # fmt: skip


class TestRealmFiles:
    """The files from which `make up` and the tests start a realm."""

    def test_list_keys_of_all_publishers(self, tmp_path: Path) -> None:
        realm_files.write(TEMPLATE, tmp_path / "realm", tmp_path / "keys", unsigned={"/desks/*": "desk"})

        found = load_reference_data(tmp_path / "realm")

        unsigned = [source for source, publisher in found.publishers.items() if publisher.unsigned]
        assert unsigned == ["/desks/*"]
        for source in found.publishers.keys() - unsigned:
            kept = SigningKey.from_pem(key_file(tmp_path / "keys" / holder(source), source).read_bytes())
            assert found.signer(source, kept.id) is not None

    def test_leave_listed_keys_alone(self, tmp_path: Path) -> None:
        """A publisher with a key of its own, and a pattern, stay as the template has them."""
        (tmp_path / "template").mkdir()
        entries = {"/desks/osh": {"roles": ["desk"], "keys": ["its own"]}, "/desks/*": {"roles": [], "unsigned": True}}
        text = yaml.safe_dump({"publishers": entries})
        (tmp_path / "template" / "publishers.yaml").write_text(text)
        realm_files.write(tmp_path / "template", tmp_path / "realm", tmp_path / "keys")
        assert yaml.safe_load((tmp_path / "realm" / "publishers.yaml").read_text()) == {"publishers": entries}
        assert not (tmp_path / "keys").exists()

    def test_keep_keys_that_exist(self, tmp_path: Path) -> None:
        for _ in range(2):
            realm_files.write(TEMPLATE, tmp_path / "realm", tmp_path / "keys")
            written = (tmp_path / "realm" / "publishers.yaml").read_text()
        realm_files.write(TEMPLATE, tmp_path / "realm", tmp_path / "keys")
        assert (tmp_path / "realm" / "publishers.yaml").read_text() == written

    def test_of_tests_follow_the_template(self, tmp_path: Path) -> None:
        signing.write_realm_files(tmp_path / "realm", tmp_path / "keys")
        written = {path.name: path.read_text() for path in (tmp_path / "realm").iterdir()}
        assert {path.name: path.read_text() for path in REALM_FILES.iterdir()} == written, "run python -m tests.signing"

    def test_process_has_own_variables_only(self) -> None:
        """Of the secrets of a stack, each process is given those that its settings declare."""
        own = {"NATIJA_NUMBER_SECRET", "NATIJA_ACCESS_CODE_SECRET", "NATIJA_REGISTRATION_SECRETS"}
        opening = {"NATIJA_REALM_KEY", "NATIJA_KEY_ENCRYPTION_KEY"}
        secrets = {"NATIJA_REALM_PUBLIC_KEY", "NATIJA_POSTGRES", *own, *opening}
        values = dict.fromkeys([*secrets, "NATIJA_REALM", "NATIJA_KEYS", "NATIJA_TESTING"], "x")
        given = {process: secrets & environment.of_process(values, process).keys() for process in environment.SERVICES}
        assert given == {
            "intake": {"NATIJA_REALM_PUBLIC_KEY", *own}, "registrar": opening,
            "routing": set(), "deadlines": set(), "analytics": set(), "relay": set(),
            "desk": {"NATIJA_REALM_PUBLIC_KEY", "NATIJA_KEY_ENCRYPTION_KEY"},
            "answers": {"NATIJA_ACCESS_CODE_SECRET", "NATIJA_KEY_ENCRYPTION_KEY"},
        }  # fmt: skip
        assert environment.of_process(values, "unknown").keys() == values.keys() - secrets


class TestCommands:
    def test_create_prints_its_entry(self, tmp_path: Path) -> None:
        """The printed entry can be pasted into publishers.yaml; the private key is not shown."""
        variables = {"NATIJA_KEYS": str(tmp_path / "{process}"), "NATIJA_ENV_FILE": "/nowhere"}
        done = natija("keys", "create", ROUTING, **variables)
        assert done.returncode == 0, done.stderr
        key = SigningKey.from_pem((tmp_path / "routing" / "services.routing.pem").read_bytes())
        (entry,) = yaml.safe_load(done.stdout.splitlines()[-1])
        assert entry["public_key"] == key.public_text
        assert "PRIVATE" not in done.stdout
        assert key.id in natija("keys", "list", **variables).stdout
        assert natija("keys", "create", ROUTING, **variables).returncode == 1

    def test_create_needs_a_place(self, tmp_path: Path) -> None:
        assert "NATIJA_KEYS is not set" in natija("keys", "create", ROUTING, NATIJA_ENV_FILE="/nowhere").stderr
        path = tmp_path / "osh.pem"
        done = natija("keys", "create", "/registers/osh", "--output", str(path), NATIJA_ENV_FILE="/nowhere")
        assert done.returncode == 0, done.stderr
        assert SigningKey.from_pem(path.read_bytes()).id in done.stdout

    def test_realm_prints_a_pair(self) -> None:
        """The private key opens a secret that was wrapped for the public key beside it."""
        pair = printed("realm")
        wrapped, sealing = RealmPublicKey(from_text(pair["NATIJA_REALM_PUBLIC_KEY"]), "kg").new_key("KG-1")
        opening = RealmKey(from_text(pair["NATIJA_REALM_KEY"]), "kg").open(wrapped, "KG-1")
        assert opening.raw == sealing.raw
        assert set(printed("realm").values()).isdisjoint(pair.values())

    def test_kek_prints_a_setting(self) -> None:
        key = DataKey(b"d" * 32)
        kek = KeyEncryptionKey(from_text(printed("kek")["NATIJA_KEY_ENCRYPTION_KEY"]), "kg", 1)
        assert kek.unwrap(key.id, kek.wrap(key)).raw == key.raw
        assert printed("kek") != printed("kek")


def printed(command: str) -> dict[str, str]:
    """The settings that `natija keys COMMAND` prints; its comments say who needs which."""
    done = natija("keys", command, NATIJA_ENV_FILE="/nowhere")
    assert done.returncode == 0, done.stderr
    return {
        name: text for name, _, text in (line.partition("=") for line in done.stdout.splitlines() if line[0] != "#")
    }
