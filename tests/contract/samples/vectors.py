"""Answers each line of the standard input, by the sample client: a number of an appeal, or a signature."""

import sys
from base64 import b64decode
from importlib import import_module

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_NAMES = ("id", "source", "type", "subject", "time", "expectedsequence", "causationid", "correlationid")

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    natija = import_module("natija_wire")
    for line in sys.stdin:
        asked, realm, *values = line.rstrip("\n").split("\t")
        if asked == "number":
            print(natija.appeal_number(realm, int(values[0], 16)))
        else:
            pem, data, *attributes = values
            key = load_pem_private_key(b64decode(pem), password=None)
            assert isinstance(key, Ed25519PrivateKey)
            message = natija.message(realm, dict(zip(_NAMES, attributes, strict=True)), b64decode(data))
            print(natija.text(key.sign(message)))
