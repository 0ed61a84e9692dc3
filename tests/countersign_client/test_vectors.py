"""Both verifiers, Python's and Node's, hold every published case for what it was made to be, by the same lines."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest

from countersign_client.claims import Code
from countersign_client.visible import listed, visible
from tests.support.verifiers import NODE, VERIFIER, by_node, by_python, needs_node
from tools import receipt_vectors

VECTORS = receipt_vectors.FOLDER
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(VECTORS.glob("*.json"))}


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    return by_node(VECTORS)


@pytest.mark.parametrize("name", CASES)
def test_the_verifier_of_this_package_gives_the_answer_that_the_case_was_made_for(name: str) -> None:
    found = by_python(CASES[name])
    found.pop("page", None)

    assert found == CASES[name]["answer"]


@needs_node
@pytest.mark.parametrize("name", CASES)
def test_the_verifier_in_node_gives_the_same_answer_by_the_same_lines(
    name: str, answers: dict[str, dict[str, Any]]
) -> None:
    found = dict(answers[name])
    lines = found.pop("page", None)

    assert found == CASES[name]["answer"]
    assert lines == by_python(CASES[name]).get("page")


def test_there_are_cases_for_every_check_and_good_ones_beside_them() -> None:
    codes = Counter(case["answer"].get("code", "") for case in CASES.values())

    assert set(codes) == {"", "keys", *get_args(Code)}
    assert codes[""] >= 40
    assert codes.total() >= 200


def test_the_cases_are_those_that_their_tool_makes() -> None:
    made = {case.name: receipt_vectors.written(case) for case in receipt_vectors.cases()}

    assert {name: (VECTORS / f"{name}.json").read_text(encoding="utf-8") for name in CASES} == made


@needs_node
def test_the_verifier_in_node_says_what_was_approved_and_ends_as_it_holds(tmp_path: Path) -> None:
    good, bad = CASES["action-used"], CASES["shown-another-word"]
    (tmp_path / "keys.json").write_text(json.dumps(good["keys"]))
    for name, case in (("good", good), ("bad", bad)):
        (tmp_path / name).write_text(case["receipt"])

    def run(receipt: str, keys: str = "keys.json") -> subprocess.CompletedProcess[str]:
        command = [NODE, str(VERIFIER), receipt, "--keys", keys, "--issuer", good["issuer"]]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8")

    (tmp_path / "none.json").write_text("{}")
    holds, fails, unusable = run("good"), run("bad"), run("good", "none.json")
    assert (holds.returncode, holds.stdout.splitlines()) == (0, by_python(good)["page"])
    assert (fails.returncode, fails.stdout, unusable.returncode) == (1, "", 2)
    assert fails.stderr.startswith("verify: shown: people were shown something else")


@needs_node
def test_both_make_every_character_visible_by_the_same_table(tmp_path: Path) -> None:
    """Beside a letter, beside each other, behind a space: all of the first two planes, and where a range ends."""
    edges = (0x2F7F0, 0x2FA10, 0xDFFF0, 0xEFFF0, 0x10FFF0)
    numbers = [*range(0xD800), *range(0xE000, 0x20000), *(edge + step for edge in edges for step in range(16))]
    every = list(map(chr, numbers))
    texts = ["x".join(every), "".join(every), " ".join(every)]
    (tmp_path / "texts.json").write_text(json.dumps(texts))
    code = (
        f"import {{ visible, listed }} from {json.dumps(VERIFIER.as_uri())};"
        "import { readFileSync, writeFileSync } from 'node:fs';"
        "const texts = JSON.parse(readFileSync('texts.json', 'utf8'));"
        "writeFileSync('said.json', JSON.stringify([...texts.map(visible), listed(texts)]));"
    )

    subprocess.run([NODE, "--input-type=module", "-e", code], cwd=tmp_path, check=True)

    said = json.loads((tmp_path / "said.json").read_text(encoding="utf-8"))
    assert said == [*map(visible, texts), listed(tuple(texts))]
