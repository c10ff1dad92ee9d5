"""The JSON Schema of what `POST /appeals` takes: the clear form of an appeal. `submission.json` holds it.

python -m natija_intake.api.submission_schema    writes the file
"""

import json
from pathlib import Path
from typing import Any

from natija_intake.appeals.submission import Submission

FILE = Path(__file__).with_name("submission.json")


def text() -> str:
    """The schema as it is checked in."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:natija:submission",
        **Submission.model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
