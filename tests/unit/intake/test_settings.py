"""Secrets are read strictly. An error names the variable and never repeats its value."""

import base64

import pytest

from natija_chassis.errors import OperatorError
from natija_chassis.opening.settings import key_encryption_keys
from natija_chassis.realm.public_key import realm_public_key
from natija_intake.settings import (
    ImportSettings,
    IntakeSettings,
    OpeningSettings,
    access_code_secrets,
    number_secret,
    realm_keys,
    registration_secrets_file,
)

ONE, TWO = (base64.urlsafe_b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))


def test_access_codes_have_several_secrets() -> None:
    assert access_code_secrets(IntakeSettings(access_code_secret=ONE)) == [b"\x01" * 32]
    both = access_code_secrets(IntakeSettings(access_code_secret=f"{ONE} {TWO.rstrip('=')}"))
    assert both == [b"\x01" * 32, b"\x02" * 32]


@pytest.mark.parametrize("text", [None, "", "hunter2", f"1:{ONE}", f"{ONE} hunter2", ONE[:-5]])
def test_invalid_secret_is_not_repeated(text: str | None) -> None:
    with pytest.raises(OperatorError, match="NATIJA_ACCESS_CODE_SECRET") as refused:
        access_code_secrets(IntakeSettings(access_code_secret=text))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["appeals.example.org", "https://a.example/x", "javascript:alert(1)", "https://a b"])
def test_other_address_of_answers_is_refused(url: str) -> None:
    assert IntakeSettings(answers_url="https://appeals.example.org").answers_url
    with pytest.raises(ValueError, match="answers_url"):
        IntakeSettings(answers_url=url)


def test_invalid_keys_of_realm_are_refused() -> None:
    for key in (None, "hunter2"):
        with pytest.raises(OperatorError, match="NATIJA_REALM_PUBLIC_KEY"):
            realm_public_key(ImportSettings(realm_public_key=key))
        with pytest.raises(OperatorError, match="NATIJA_REALM_KEY"):
            realm_keys(OpeningSettings(realm_key=key))
        with pytest.raises(OperatorError, match="NATIJA_KEY_ENCRYPTION_KEY"):
            key_encryption_keys(OpeningSettings(key_encryption_key=key))


def test_last_kek_has_highest_version() -> None:
    assert [kek.version for kek in key_encryption_keys(OpeningSettings(key_encryption_key=f"{ONE} {TWO}"))] == [1, 2]


def test_invalid_number_secret_is_refused() -> None:
    assert number_secret(IntakeSettings(number_secret=ONE)) == b"\x01" * 32
    for secret in (None, "hunter2", f"1:{ONE}"):
        with pytest.raises(OperatorError, match="NATIJA_NUMBER_SECRET"):
            number_secret(IntakeSettings(number_secret=secret))


def test_registration_secrets_need_a_file() -> None:
    with pytest.raises(OperatorError, match="NATIJA_REGISTRATION_SECRETS"):
        registration_secrets_file(IntakeSettings(registration_secrets=None))
