"""Writes the table of what `countersign doctor` finds into docs/doctor.md. With `--check` it only compares."""

import sys
from pathlib import Path

from handlers.wording.diagnoses import DIAGNOSES
from handlers.wording.diagnoses.words import Words
from tools.generated import Part

PART = Part(
    page=Path(__file__).parent.parent / "docs" / "doctor.md",
    begin="<!-- codes: written by tools/doctor_codes.py -->",
    end="<!-- end of codes -->",
    generator="tools/doctor_codes.py",
)


def row(code: str, words: Words) -> str:
    return (
        " | ".join([f"| `{code}`", words.what, words.why, f"{words.mend} |"]).replace("{", "*").replace("}", "*")
    )


def table() -> str:
    """Everything that is not simply well, in Markdown; what differs from one time to the next is slanted."""
    rows = (row(code, words) for code, words in DIAGNOSES.items() if words.why)
    return "\n".join(["| Code | What is found | Why it matters | What mends it |", "|---|---|---|---|", *rows])


if __name__ == "__main__":
    sys.exit(PART.write(table(), sys.argv[1:]))
