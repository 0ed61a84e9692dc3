"""What people read of a bundle: all roles and resources before they press, and which part brought it down."""

from typing import Any

import pytest

from approvals.grants import BUNDLE, Grant
from approvals.policy.explain import explain
from approvals.policy.model import Requirement
from approvals.policy.reading.parse import parse
from approvals.refusals.reasons import reason
from approvals.requests import Decision
from approvals.telling.cards import Card
from approvals.votes.tally import Tally
from handlers.wording.explaining import explained
from handlers.wording.standing import standing
from handlers.wording.steps import step
from handlers.wording.targets import where_in_words
from handlers.wording.text.lines import plain
from handlers.wording.views import view
from tests.approvals.policy.reading.test_grants import TWO, many
from tests.support.builders import BUNDLE as TARGETS
from tests.support.builders import NOW, OTHER, RESOURCE, filed, grant, terms

APPROVED = Decision(outcome="approved", at=NOW, by=("bob@example.com",))
LATE = reason("grant.late")


def card(*grants: Grant, **changes: Any) -> Card:
    state: dict[str, Any] = {"state": "approved", "decision": APPROVED, "grants": grants} if grants else {}
    request = filed(terms=terms(targets=TARGETS), **state, **changes).request
    return Card(request=request, tally=Tally(requirement=Requirement(kind="self"), stages=()))


def meaning(*grants: Grant) -> str:
    return plain(standing(card(*grants).request).meaning)


def test_the_facts_count_the_roles_and_name_every_resource() -> None:
    facts = {fact.label: plain(fact.value) for fact in view(card()).facts}

    assert facts["What"].startswith("3 roles (")
    assert facts["Where"] == f"{RESOURCE}, {OTHER}"


def test_every_role_stands_with_its_resource_and_every_condition_with_what_it_bounds() -> None:
    shown = view(card())

    assert [plain(line).partition(" roles/")[2] for line in shown.roles] == [
        f"run.admin on {RESOURCE}",
        f"bigquery.dataViewer on {OTHER}",
        f"bigquery.user on {OTHER}",
    ]
    assert shown.conditions == (
        ("roles/bigquery.dataViewer, roles/bigquery.user on project payments-data only where", "true"),
    )


@pytest.mark.parametrize(
    ("grants", "place"),
    [
        ((grant("failed", cause=LATE), grant("revoked", cause=BUNDLE)), RESOURCE),
        ((grant("revoked", cause=BUNDLE), grant("failed", cause=LATE)), OTHER),
    ],
)
def test_the_part_that_failed_is_named(grants: tuple[Grant, ...], place: str) -> None:
    said = meaning(*grants)

    assert f" It failed on {place}, so the rest is taken back." in said
    assert standing(card(*grants).request).words == "Access failed"


def test_the_part_that_meets_trouble_is_named_while_others_may_work() -> None:
    troubled = grant("activating", trouble=reason("google.final", status=400, said="No."))

    assert meaning(grant("active"), troubled).endswith(
        " So far it could not be made: Google refused (400): No."
        f" It waits for {OTHER}; other parts may work already."
    )
    assert meaning(troubled, troubled).endswith(f" It waits for {RESOURCE}, {OTHER}.")


@pytest.mark.parametrize("index", [0, 1])
def test_the_part_that_somebody_took_out_is_named(index: int) -> None:
    grants = [grant("revoked", cause=BUNDLE), grant("revoked", cause=BUNDLE)]
    grants[index] = grant("revoked", cause="outside")

    said = meaning(*grants)
    assert "Somebody removed it in Google Cloud." in said
    assert f" That was on {(RESOURCE, OTHER)[index]}, so the rest is taken back." in said


def test_of_what_was_over_before_a_part_could_be_made_nothing_is_left_to_take_back() -> None:
    said = meaning(grant("ended", cause="time", removed=True), grant("failed", cause=LATE))

    assert said.endswith(f" It failed on {OTHER}.")


def test_what_ended_as_a_whole_names_no_part() -> None:
    assert "rest" not in meaning(grant("ended", cause="time"), grant("ended", cause="time"))
    assert "rest" not in meaning(grant("revoked", cause="person"), grant("revoked", cause="person"))


def test_its_holder_is_told_which_part_it_was() -> None:
    told = plain(step("failed", card(grant("failed", cause=LATE), grant("revoked", cause=BUNDLE))).sentence)

    assert "on project payments-prod and project payments-data" in told
    assert f"It failed on {RESOURCE}" in told


def test_many_places_are_counted_in_a_sentence() -> None:
    targets = parse(many(4), source="p.yaml").entitlements["incident"].targets

    assert where_in_words(targets) == "project shop-000 and 3 more places"


def test_the_explanation_says_what_is_given_where() -> None:
    found = explain(
        parse(TWO, source="p.yaml"), "incident", requester="alice@example.com", memberships=None, begins=NOW
    )

    assert explained(found)[1:4] == (
        "Gives roles/compute.viewer, roles/logging.viewer on projects/shop-prod.",
        "Gives roles/bigquery.dataViewer on projects/shop-data.",
        'Only where resource.name != "x"',
    )
