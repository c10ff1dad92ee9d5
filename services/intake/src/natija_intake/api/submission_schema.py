"""The JSON Schema of what `POST /appeals` takes: the clear form of an appeal. `submission.json` holds it.

python -m natija_intake.api.submission_schema    writes the file
"""

from pathlib import Path

from natija_events.schema import generation
from natija_intake.appeals.submission import Submission

FILE = Path(__file__).with_name("submission.json")


def text() -> str:
    """The schema as it is checked in."""
    return generation.text(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "urn:natija:submission",
            **Submission.model_json_schema(),
        }
    )


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
