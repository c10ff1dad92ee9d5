"""`python -m tests.lint`: old words in every tracked text, long or headless sentences in Markdown and docstrings,
and words of pages that a language lacks.

Prints each finding and a count per rule; ends with 1 when there is one. `--unconfirmed` prints instead every word of a
page that a native speaker must still confirm.
"""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.lint import catalogs, sentences, words
from tests.lint.words import Finding

REPOSITORY = Path(__file__).resolve().parents[2]
TEXTS = ("*.py", "*.md", "*.html", "*.toml", "*.yaml", "*.sh", "*.sql", "Makefile", ".importlinter")
OWN = ("tests/lint/words.txt", "tests/unit/docs/test_lint.py")
"""The files that must show the old words."""
_SPAN = re.compile(r"`[^`]*`")


def findings(folder: Path = REPOSITORY) -> Iterator[tuple[str, Finding]]:
    """Each finding in the tracked files of *folder*, with the name of its rule."""
    rules = words.rules(words.LIST.read_text())
    for path in _tracked(folder):
        text = (folder / path).read_text()
        for rule, finding in words.old_words(path, _names_left_out(path, text), rules):
            yield rule.pattern, finding
        if path.endswith((".md", ".py")):
            for finding in sentences.faults(path, text):
                yield "sentence", finding


def _tracked(folder: Path) -> list[str]:
    listed = subprocess.run(["git", "ls-files", *TEXTS], cwd=folder, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.splitlines() if path not in OWN and (folder / path).is_file()]


def _names_left_out(path: str, text: str) -> str:
    """The changelog names what was renamed, in code spans."""
    return _SPAN.sub("``", text) if path == "CHANGELOG.md" else text


def main() -> int:
    """Print what is found; 1 when something is."""
    if sys.argv[1:] == ["--unconfirmed"]:
        print(*catalogs.unconfirmed(REPOSITORY), sep="\n")
        return 0
    counts = Counter[str]()
    for rule, finding in findings():
        print(finding)
        counts[rule] += 1
    for fault in catalogs.faults(REPOSITORY):
        print(fault)
        counts["catalogue"] += 1
    catalogs.print_unconfirmed(REPOSITORY)
    for rule, count in counts.most_common():
        print(f"{count:5}  {rule}")
    print(f"{counts.total()} old words, unclear sentences and missing translations")
    return 1 if counts else 0


if __name__ == "__main__":
    sys.exit(main())
