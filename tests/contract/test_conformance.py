"""The conformance vectors are those of the code, and stand what other code makes of them."""

import hmac
import json
import re
import shutil
import struct
import subprocess
from base64 import b32encode, b64decode, urlsafe_b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.contract.conformance import FILES, FOLDER, PRINTED, text
from tests.contract.corpus.histories import history
from tests.contract.corpus.outcomes import CASES, decide, read_record
from tests.unit.events.histories import hour, random_log

from natija_events.ids import is_appeal_number, parse_appeal_number
from natija_events.lifecycle.transitions import OPEN, TERMINAL
from natija_events.sealing.data_key import Place, SealedValue, to_text
from natija_events.sealing.padding import CONTENT, PERSON, is_padded
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.sealing.wrapping import RealmKey
from natija_events.signatures import verify_signature
from natija_events.terms.states import Status
from natija_events.wire.envelope import Event
from natija_events.wire.hash_chain import event_hash
from natija_events.wire.log_record import read_log_record
from natija_events.wire.proposal import read_proposal
from natija_events.wire.rejection import RejectionReason


def vectors(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def event(named: dict[str, str]) -> Event:
    """The event with these attributes, read by the strict reader, signed or not."""
    headers = [(f"ce_{name}", content.encode()) for name, content in named.items() if name != "data"]
    unsigned = [pair for pair in headers if pair[0] not in ("ce_signature", "ce_publisherkey")]
    (read,) = read_proposal(named["data"].encode(), [("content-type", b"application/json"), *unsigned]).events
    return read._replace(signature=named.get("signature"), publisherkey=named.get("publisherkey"))


def base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("name", FILES)
def test_file_is_what_code_makes(name: str) -> None:
    path = FOLDER / f"{name}.json"
    assert path.read_text(encoding="utf-8") == text(name), "run python -m tests.contract.conformance"


def test_every_file_is_described() -> None:
    named = set(re.findall(r"^\| `(\w+)\.json`", (FOLDER / "README.md").read_text(), re.MULTILINE))
    assert named == set(FILES) == {path.stem for path in FOLDER.glob("*.json")}


def test_numbers_have_check_digits() -> None:
    found = vectors("appeal_numbers")
    assert len(found["numbers"]) >= 20
    assert len(found["not_numbers"]) >= 10
    assert PRINTED in [one["number"] for one in found["numbers"]]
    for one in found["numbers"]:
        total = 0
        for digit in one["number"].partition("-")[2].replace("-", ""):
            total ^= "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(digit)
            total = (total << 1) ^ (37 if total & 16 else 0)
        assert total == 0, one  # with its check digit, every number sums to zero
        assert is_appeal_number(one["number"])
    assert not [one for one in found["not_numbers"] if is_appeal_number(one)]
    assert all(parse_appeal_number(one["typed"]) == one["number"] for one in found["typed"])


def test_partitions_cover_all_sixteen() -> None:
    found = vectors("partitions")["keys"]
    assert len(found) >= 32
    assert {one["partition"] for one in found} == set(range(16))
    assert all(one["partition"] == (one["murmur2"] & 0x7FFFFFFF) % 16 for one in found)


def test_proposals_are_read_as_written() -> None:
    for one in vectors("proposals")["proposals"]:
        headers = [(name, content.encode()) for name, content in one["headers"]]
        read = read_proposal(one["value"].encode(), headers)
        assert [str(event.id) for event in read.events] == [named["id"] for named in one["events"]]
        if one["signed"] or len(read.events) == 1:
            assert [event.data.decode() for event in read.events] == [named["data"] for named in one["events"]]


def test_signatures_hold_without_our_code() -> None:
    """The message and the keys of the vectors are all that an Ed25519 library needs."""
    found = vectors("signatures")
    for key in found["keys"]:
        private = Ed25519PrivateKey.from_private_bytes(b64decode(key["private_key"]))
        public = private.public_key().public_bytes_raw()
        assert public == base64url(key["public_key"])
        assert base64url(key["publisherkey"].removeprefix("ed25519:") + "AA")[:16] == sha256(public).digest()[:16]
    for one in found["right"]:
        raw = bytes.fromhex(one["message"])
        Ed25519PublicKey.from_public_bytes(base64url(one["public_key"])).verify(base64url(one["signature"]), raw)


def test_signatures_are_right_or_wrong() -> None:
    found = vectors("signatures")
    assert len(found["right"]) >= 9
    assert len(found["wrong"]) >= 20
    for kind in ("right", "wrong"):
        for one in found[kind]:
            proven = verify_signature(one["realm"], list(map(event, one["events"])), base64url(one["public_key"]))
            assert proven == (kind == "right"), one["name"]


def test_chain_links_its_records() -> None:
    found = vectors("chain")
    previous = found["genesis"]
    for one in found["records"]:
        headers = [(name, content.encode()) for name, content in one["headers"]]
        assert read_log_record(one["value"].encode(), headers)[1].previoushash == previous
        previous = one["hash"]
        assert event_hash(headers, one["value"].encode()) == previous


def test_sealed_values_open() -> None:
    found = vectors("sealing")
    realm = RealmKey(base64url(found["private_key"]), found["realm"])
    assert (realm.id, to_text(realm.public)) == (found["key_id"], found["public_key"])
    for proposal in found["proposals"]:
        key = realm.open(proposal["wrappedkey"], proposal["subject"])
        assert (to_text(key.raw), key.id) == (proposal["data_key"], proposal["kid"])
        for one in proposal["values"]:
            place = Place(one["realm"], one["subject"], one["source"], UUID(one["id"]), one["type"], one["field"])
            opened = key.open(place, SealedValue(kid=one["kid"], ct=one["ct"]))
            assert opened == one["text"].encode().ljust(one["padded_bytes"])
            assert is_padded(opened, PERSON if one["field"] == "person" else CONTENT)
    keys = [proposal["kid"] for proposal in found["proposals"]]
    assert len(keys) == len(set(keys)) == 2


def test_sealed_values_open_without_our_code() -> None:
    """HKDF by hand and AES-GCM of any library open the values, given the secret of their proposal."""
    for proposal in vectors("sealing")["proposals"]:
        data_key = hkdf(base64url(proposal["secret"]), b"natija-fields-v1", "KG", proposal["subject"])
        assert data_key == base64url(proposal["data_key"])
        kid = sha256(b"natija-kid-v1" + data_key).digest()[:16]
        assert proposal["kid"] == "gcm1:" + b32encode(kid).decode().rstrip("=")
        for one in proposal["values"]:
            key = hkdf(data_key, b"natija-value-v1", one["source"], one["id"], one["field"])
            names = ("realm", "subject", "source", "id", "type", "field")
            bound, raw = fields(b"natija-value-v1", *(one[name] for name in names)), base64url(one["ct"])
            assert AESGCM(key).decrypt(raw[:12], raw[12:], bound).decode().rstrip(" ") == one["text"]


def fields(purpose: bytes, *texts: str) -> bytes:
    return purpose + b"".join(struct.pack(">I", len(text.encode())) + text.encode() for text in texts)


def hkdf(key: bytes, purpose: bytes, *texts: str) -> bytes:
    """HKDF-SHA256 (RFC 5869) of 32 bytes, without a salt."""
    return hmac.digest(hmac.digest(bytes(32), key, "sha256"), fields(purpose, *texts) + b"\x01", "sha256")


def test_wraps_open_under_their_kek() -> None:
    found = vectors("wraps")
    for one in found["wraps"]:
        kek = KeyEncryptionKey(base64url(found["kek"]), found["realm"], one["version"])
        assert to_text(kek.unwrap(one["kid"], one["wrapped"]).raw) == one["data_key"]


def test_records_have_their_outcomes() -> None:
    """The outcomes in the file, and those that a person expected, are what the registrar decides on those bytes."""
    for one, case in zip(vectors("records")["cases"], CASES, strict=True):
        decided = decide([read_record(record) for record in one["records"]])
        assert decided == [record["outcome"] for record in one["records"]], one["name"]
        short = ["registered" if "registered" in it else f"{it['reason']} {it['field']}" for it in decided]
        assert short == list(case.expected), one["name"]


def test_records_cover_every_reason() -> None:
    cases = vectors("records")["cases"]
    outcomes = [record["outcome"] for one in cases for record in one["records"]]
    assert len({one["name"] for one in cases}) == len(cases) >= 80
    assert sum("registered" in one for one in outcomes) >= 20
    reasons = {one["reason"] for one in outcomes if "reason" in one}
    assert reasons == set(get_args(RejectionReason)) - {"oversize"}, "an oversize record has a million bytes"


def test_outcomes_are_written_for_people() -> None:
    """No rule holds an object as Python prints it: 0:05:00, datetime(…), <…>, ('a',), b'…', None."""
    rules = {record["outcome"].get("rule", "") for one in vectors("records")["cases"] for record in one["records"]}
    printed = re.compile(r"\b\d+:\d\d:\d\d\b|datetime|timedelta|<|\(['\"(]|\bb['\"]|\bNone\b|[{}\\]")
    assert [rule for rule in rules if printed.search(rule)] == []
    assert "is dated back by more than 1 day and 5 minutes" in rules


def test_histories_fold_without_our_code() -> None:
    """JavaScript folds the histories with `lifecycle.json` alone."""
    histories = vectors("histories")["histories"]
    for one, found in zip(histories, folded_by_node(FOLDER), strict=True):
        assert found == {"appeal": one["appeal"], "terms": one["terms"]}, one["name"]


def test_random_histories_fold_alike(tmp_path: Path) -> None:
    """JavaScript says of random histories what Python says: of events out of order and terms of every kind, too."""
    log = random_log(600, seed=20260331)
    histories = [history(log.of(appeal), at) for appeal in log.appeals for at in (hour(7), hour(30))]
    (tmp_path / "histories.json").write_text(json.dumps({"histories": histories}))
    shutil.copy(FOLDER / "lifecycle.json", tmp_path)
    for one, found in zip(histories, folded_by_node(tmp_path), strict=True):
        assert found == {"appeal": one["appeal"], "terms": one["terms"]}, one["events"]
    assert {term["status"] for one in histories for term in one["terms"]} == set(get_args(Status))


def folded_by_node(folder: Path) -> Any:
    """The result of `fold.mjs` for the histories and the life cycle in *folder*."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not on this machine")
    command = [node, str(Path(__file__).with_name("fold.mjs")), str(folder)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def test_histories_reach_every_state() -> None:
    found = vectors("histories")["histories"]
    assert len({one["name"] for one in found}) == len(found) >= 40
    assert {one["appeal"]["state"] for one in found} == {*OPEN, *TERMINAL}
    used = {event["type"] for one in found for event in one["events"]}
    with_effects = {type for type, row in vectors("lifecycle")["types"].items() if row["effects"]}
    assert with_effects <= used


def test_event_ids_are_version_five() -> None:
    assert all(UUID(one["id"]).version == 5 for one in vectors("event_ids")["ids"])
