"""The appeal that tests send."""

APPEAL = {
    "kind": "application",
    "channel": "electronic",
    "language": "ky",
    "region": "chuy",
    "topic": "roads",
    "applicant": {
        "name": "Asanova Aigul",
        "phone": "+996 555 000 111",
        "birth_date": "1980-02-29",
        "address": {"region": "chuy", "settlement": "Kant", "address_text": "12 Lenin street"},
    },
    "representative": {"name": "Bakirov Bakyt", "proof": "warrant 7"},
    "text": "Our road has washed away.",
}
PERSONAL = (
    "Asanova", "555 000 111", "1980-02-29", "Kant", "Lenin", "Bakirov", "warrant", "washed",
)  # fmt: skip
"""Its personal texts: none may be stored or logged unsealed."""
