"""The published cases of receipts: what was done to each stands in its name, and its answer follows from that.

    python -m tools.receipt_vectors [--check]

writes `examples/verifier/vectors/`, one file a case. No verifier is asked: a good case says what people were shown
in words that stand here, and a bad one is a good one with one thing altered, and the code of the check that must
find it. The keys are made of fixed numbers and signatures are deterministic (RFC 6979): every run writes the same.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tools.receipts import bad, good
from tools.receipts.made import Case

FOLDER = Path(__file__).parent.parent / "examples" / "verifier" / "vectors"


def cases() -> list[Case]:
    """Every case, the good ones first."""
    return [*good.cases(), *bad.cases()]


def written(case: Case) -> str:
    """A case as its file has it."""
    answer: dict[str, Any] = {"holds": True, "shown": case.shown} if not case.code else {"holds": False}
    if case.code:
        answer["code"] = case.code
    found = {
        "name": case.name,
        "what": case.what,
        "answer": answer,
        "issuer": case.issuer,
        "receipt": case.receipt,
        "keys": case.keys,
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the files, or with `--check` say which are not as they would be written."""
    parser = argparse.ArgumentParser(description="Write the published cases of receipts.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if one is stale")
    check = parser.parse_args().check
    files = {f"{case.name}.json": written(case) for case in cases()}
    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}
    if check:
        stale = sorted(name for name in files.keys() | there.keys() if files.get(name) != there.get(name))
        sys.stdout.write("".join(f"{name} is stale: run python -m tools.receipt_vectors\n" for name in stale))
        return bool(stale)
    for name in there.keys() - files.keys():
        (FOLDER / name).unlink()
    for name, content in files.items():
        (FOLDER / name).write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
