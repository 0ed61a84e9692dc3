"""The scan fails where a weakness is known, and says so where nobody knows."""

from typing import Any

from tools.weaknesses import read

WEAK = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"], "description": ""}


def report(*weaknesses: dict[str, Any]) -> dict[str, Any]:
    sound = {"name": "click", "version": "8.0", "vulns": []}
    return {"dependencies": [sound, {"name": "jinja2", "version": "1.9", "vulns": list(weaknesses)}], "fixes": []}


def test_a_known_weakness_fails_and_is_named_with_its_mend() -> None:
    code, said = read(report(WEAK)).verdict()

    assert code == 1
    assert "jinja2 1.9: PYSEC-2026-1, mended in 2.0" in said


def test_one_without_a_mend_fails_as_well() -> None:
    code, said = read(report({**WEAK, "fix_versions": []})).verdict()

    assert code == 1
    assert "mended in nothing" in said


def test_one_that_is_accepted_by_any_of_its_names_does_not_fail_and_others_do() -> None:
    accepted = {"CVE-2026-1": "we do not call it"}

    assert read(report(WEAK), accepted=accepted).verdict()[0] == 0
    assert read(report(WEAK, {**WEAK, "id": "PYSEC-2026-2", "aliases": []}), accepted=accepted).verdict()[0] == 1


def test_an_index_that_knows_nothing_is_not_called_a_clean_one() -> None:
    skipped = {"name": "click", "skip_reason": "not found"}

    code, said = read({"dependencies": [skipped], "fixes": []}).verdict()

    assert code == 0
    assert "not scanned" in said


def test_what_the_index_does_not_know_is_counted() -> None:
    whole = report()
    whole["dependencies"].append({"name": "ours", "skip_reason": "not found"})

    assert read(whole).verdict() == (0, "2 distributions without a known weakness, 1 are unknown to the index")
