"""Receipts of a bundle: version 2 of the terms, whose kinds of targets a verifier must know."""

from typing import Any

import pytest

from countersign_client.page import page
from countersign_client.receipts import verify
from tests.countersign_client.writing import claims, keys, refusal, signed, terms, without

TARGETS = [
    {"kind": "iam", "resource": "projects/shop-prod", "roles": ["roles/compute.viewer"], "condition": ""},
    {
        "kind": "iam",
        "resource": "projects/shop-data",
        "roles": ["roles/bigquery.dataViewer", "roles/bigquery.user"],
        "condition": "true",
    },
]


def bundle(**changes: Any) -> dict[str, Any]:
    bare = without(without(without(terms(), "resource"), "roles"), "condition")
    return bare | {"v": 2, "targets": TARGETS} | changes


@pytest.mark.parametrize(
    "wrong",
    [
        without(bundle(), "targets"),
        bundle(targets=[]),
        bundle(v=3),
        bundle(targets=[TARGETS[0], {**TARGETS[1], "kind": "group"}]),
        bundle(targets=[TARGETS[0], {**TARGETS[1], "lasting": True}]),
        bundle(targets=[TARGETS[0], {**TARGETS[1], "roles": []}]),
        bundle(targets=[TARGETS[0], without(TARGETS[1], "condition")]),
        bundle(targets="all"),
    ],
)
def test_targets_that_this_verifier_does_not_know_are_refused(wrong: dict[str, Any]) -> None:
    assert "its terms" in refusal(signed(claims(terms=wrong)))


def test_a_bundle_verifies_and_its_page_says_all_of_it() -> None:
    found = verify(signed(claims(terms=bundle())), keys())

    lines = page(found)
    assert any("roles/compute.viewer on projects/shop-prod" in line for line in lines)
    assert any("roles/bigquery.dataViewer, roles/bigquery.user on projects/shop-data" in line for line in lines)
    assert any(line.split() == ["Only", "while", "true"] for line in lines)
