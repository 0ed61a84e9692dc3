"""Both verifiers, Python's and Node's, hold every published case for what it was made to be, by the same lines."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest

from countersign_client.claims import Code
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
    assert (run("good").returncode, run("good").stdout.splitlines()) == (0, by_python(good)["page"])
    assert (run("bad").returncode, run("bad").stdout) == (1, "")
    assert run("bad").stderr.startswith("verify: shown: people were shown something else")
    assert run("good", "none.json").returncode == 2
