"""What IAM offers, searched by words: what is found, for whom, and in which order."""

from datetime import timedelta

import pytest

from approvals.offers.iam_offers import Offered
from approvals.offers.shelf import Shelf
from approvals.people.memberships import Answer
from approvals.policy.access import DurationRule, JustificationRule
from approvals.policy.model import Entitlement, Requirement
from approvals.targets import IamRoles
from tests.support.builders import NOW

HOUR = DurationRule(default=timedelta(hours=1), max=timedelta(hours=1))
ALICE, BOB = "user:alice@example.com", "user:bob@example.com"


def offered(project: str, role: str, *askers: str, twin: str = "", number: int = 0) -> Offered:
    found = Entitlement(
        id=f"iam.{project}.{number:016}",
        title=f"{role.title()} on {project}",
        targets=(IamRoles(resource=f"projects/{project}", roles=(f"roles/{role}",)),),
        requesters=askers or (ALICE,),
        duration=HOUR,
        justification=JustificationRule(),
        requirement=Requirement(kind="self"),
    )
    return Offered(entitlement=found, twin=twin)


SHELF = Shelf(
    [
        offered("shop-prod", "run.admin"),
        offered("shop-prod", "run.viewer", BOB),
        offered("shop-test", "run.admin"),
        offered("bank-prod", "iam.securityReviewer"),
    ],
    {"projects/bank-prod": "The bank"},
    made=NOW,
)


def asks(who: str, unknown: str = "") -> object:
    def answer(selectors: tuple[str, ...]) -> Answer:
        return "yes" if who in selectors else "unknown" if unknown in selectors else "no"

    return answer


def found(query: str, who: str = ALICE) -> list[str]:
    return [each.title for each in SHELF.search(query, asks(who))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Run.Admin on shop-prod", "Run.Admin on shop-test", "Iam.Securityreviewer on bank-prod"]),
        ("shop", ["Run.Admin on shop-prod", "Run.Admin on shop-test"]),
        ("SHOP-prod admin", ["Run.Admin on shop-prod"]),
        ("roles/run.admin test", ["Run.Admin on shop-test"]),
        ("projects/bank-prod", ["Iam.Securityreviewer on bank-prod"]),
        ("proj bank", ["Iam.Securityreviewer on bank-prod"]),
        ("the bank", ["Iam.Securityreviewer on bank-prod"]),
        ("iam.shop-test.0000000000000000", ["Run.Admin on shop-test"]),
        ("iam.security", ["Iam.Securityreviewer on bank-prod"]),
        ("iam. shop", ["Run.Admin on shop-prod", "Run.Admin on shop-test"]),
        ("editor", []),
        ("prodrun", []),
        ("shop-prod nothing", []),
    ],
)
def test_every_typed_word_is_in_what_is_found(query: str, titles: list[str]) -> None:
    assert found(query) == titles


def test_each_person_finds_their_own() -> None:
    assert found("", BOB) == ["Run.Viewer on shop-prod"]
    assert found("", "user:carol@example.com") == []


def test_what_is_not_known_of_somebody_is_not_found() -> None:
    assert list(SHELF.search("", asks("nobody", unknown=ALICE))) == []  # type: ignore[arg-type]


def test_who_has_it_alone_is_not_shown_the_one_with_peers() -> None:
    alone = offered("shop-prod", "run.admin", ALICE, number=1)
    both = Shelf([alone, offered("shop-prod", "run.admin", ALICE, BOB, twin=alone.entitlement.id)], {}, made=NOW)

    assert [each.id[-1] for each in both.search("", asks(ALICE))] == ["1"]  # type: ignore[arg-type]
    assert [each.id[-1] for each in both.search("", asks(BOB))] == ["0"]  # type: ignore[arg-type]
    assert [each.id[-1] for each in both.giving("run.admin", asks(ALICE))] == ["1"]  # type: ignore[arg-type]


def test_who_types_is_asked_about_once_while_all_that_it_hangs_on_is_the_same() -> None:
    asked: list[tuple[str, ...]] = []

    def ask(selectors: tuple[str, ...]) -> Answer:
        asked.append(selectors)
        return "yes"

    keys = [list(SHELF.typed(key, ALICE, ask, by="in no group")) for key in ("r", "ru", "run")]

    assert keys[-1] == list(SHELF.search("run", ask))
    assert asked == [(ALICE,), (BOB,)] * 2


def test_who_types_finds_nothing_more_of_a_group_that_they_have_left() -> None:
    inside, outside = asks(BOB), asks("nobody")

    before = list(SHELF.typed("", "bob@example.com", inside, by="in the group"))  # type: ignore[arg-type]
    after = list(SHELF.typed("", "bob@example.com", outside, by="in none"))  # type: ignore[arg-type]

    assert [each.requesters for each in before] == [(BOB,)]
    assert after == []


def test_one_who_types_is_never_taken_for_another() -> None:
    list(SHELF.typed("", "bob@example.com", asks(BOB), by="the same"))  # type: ignore[arg-type]
    other = list(SHELF.typed("", "carol@example.com", asks("nobody"), by="the same"))  # type: ignore[arg-type]

    assert other == []
