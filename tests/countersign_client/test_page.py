"""A verified receipt is a page that a person reads from the top."""

from typing import Any

import pytest

from countersign_client.keys import read_keys
from countersign_client.page import page
from countersign_client.receipts import verify
from tests.countersign_client.writing import KEY, claims, decision, key_set, keys, review, signed, terms


def lines(**changes: Any) -> list[str]:
    return page(verify(signed(claims(**changes)), keys()))


def test_the_first_line_says_what_came_of_it() -> None:
    assert lines()[0] == "This receipt holds: request r-0123456789 was approved."


def test_a_warning_comes_before_everything_that_it_puts_in_doubt() -> None:
    unmarked = read_keys(key_set(KEY, countersign_purpose=None))

    assert page(verify(signed(claims()), unmarked))[1].startswith("WARNING: this set of keys does not say")
    assert not any("WARNING" in line for line in lines())


@pytest.mark.parametrize(
    "line",
    [
        "Asked by        alice@example.com",
        "What            Zürich administration",
        "Where           projects/payments-prod",
        "Roles           roles/run.admin",
        "For             1 hour",
        "Needs           2 of group:approvers@example.com",
        "Decision        approved 2026-11-22 10:02:00 UTC by bob@example.com, carol@example.com",
        "Access          from 2026-11-22 10:02:00 UTC to 2026-11-22 11:02:00 UTC",
        "  bob@example.com approved 2026-11-22 10:01:00 UTC in slack",
        "  Audit chain     entry 4, sha256:" + "3" * 64,
    ],
)
def test_each_fact_has_a_line_in_words(line: str) -> None:
    assert line in lines()


def test_nothing_that_was_asked_is_left_out() -> None:
    asked = terms(condition='resource.name == "x"', targets=[{"group": "admins@example.com"}])
    said = "\n".join(lines(terms=asked))

    assert 'Only while      resource.name == "x"' in said
    assert 'targets         [{"group": "admins@example.com"}]' in said


def test_a_signature_and_its_demand_are_said() -> None:
    once = {"approvers": ["user:bob@example.com"], "needed": 1, "sign": "typed"}
    asked = terms(requirement={"kind": "stages", "stages": [once, once | {"sign": ""}]}, duration=5_401)
    signs = review("bob@example.com", signed=True, printed_name="sha256:1", meaning="sha256:2")
    window = {"start": "2026-11-22T10:02:00Z", "end": "2026-11-22T11:32:01Z"}
    said = lines(terms=asked, reviews=[signs, review("carol@example.com")], decision=decision(window=window))

    assert "Needs           1 of user:bob@example.com, signed, then 1 of user:bob@example.com" in said
    assert "For             1 hour 30 minutes 1 second" in said
    assert (
        "  bob@example.com approved 2026-11-22 10:01:00 UTC in slack, signed with a typed name and meaning" in said
    )


def test_access_that_needed_nobody_else_says_so() -> None:
    alone = terms(requirement={"kind": "self", "stages": []})
    said = lines(terms=alone, decision=decision(by=[]), reviews=[])

    assert "Decision        approved 2026-11-22 10:02:00 UTC, without other people, as the policy allows" in said
    assert "Votes" not in said


def test_a_denial_says_by_whom_and_names_no_access() -> None:
    denied = {"outcome": "denied", "at": "2026-11-22T10:02:00Z", "by": ["bob@example.com"]}
    said = lines(decision=denied, reviews=[review("bob@example.com", verdict="deny")])

    assert "Decision        denied 2026-11-22 10:02:00 UTC by bob@example.com" in said
    assert "  bob@example.com denied 2026-11-22 10:01:00 UTC in slack" in said
    assert not any(line.startswith("Access") for line in said)


def test_an_end_without_people_says_why() -> None:
    expired = {"outcome": "expired", "at": "2026-11-22T18:00:00Z", "by": [], "reason": "time"}

    assert "Because         time" in lines(decision=expired, reviews=[])
