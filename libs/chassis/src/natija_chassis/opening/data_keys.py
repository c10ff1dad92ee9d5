"""The data keys of an appeal as they are stored, and why one cannot be had."""

from collections.abc import Mapping, Sequence
from typing import Literal

from natija_events.sealing.data_key import DataKey, Unsealable
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.wire.stored_key import StoredKey

KeyProblem = Literal["erased", "missing", "another KEK", "damaged"]

StoredKeys = Mapping[str, StoredKey | None]
"""Records of data keys by key id; None for a record that cannot be read."""


class DataKeyUnavailable(Exception):
    """A data key that cannot be had. *problem* is a word for programs, the message is for people."""

    def __init__(self, problem: KeyProblem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


class DataKeys:
    """The *stored* keys by key id, which the *keks* open; these are all versions from the first."""

    def __init__(self, stored: StoredKeys, keks: Sequence[KeyEncryptionKey]) -> None:
        self._stored = stored
        self._keks = {kek.version: kek for kek in keks}

    def unwrap(self, kid: str) -> DataKey:
        """The data key *kid*. Raises `DataKeyUnavailable`."""
        if kid not in self._stored:
            raise DataKeyUnavailable("missing", f"the key {kid} is missing on the topic of data keys")
        found = self._stored[kid]
        if found is None:
            raise DataKeyUnavailable("damaged", f"the record of the key {kid} cannot be read")
        if found.version is None or found.wrapped is None:
            raise DataKeyUnavailable("erased", f"erased at {found.erased:%Y-%m-%d %H:%M:%S}Z")
        kek = self._keks.get(found.version)
        if kek is None:
            message = f"needs version {found.version} of the KEK, which is not in NATIJA_KEY_ENCRYPTION_KEY"
            raise DataKeyUnavailable("another KEK", message)
        try:
            return kek.unwrap(kid, found.wrapped)
        except Unsealable as error:
            raise DataKeyUnavailable("damaged", f"the key {kid} cannot be unwrapped: {error}") from None
