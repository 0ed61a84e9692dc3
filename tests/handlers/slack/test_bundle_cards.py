"""A card of a bundle, and the form that asks for one: all that is given stands where it is decided on."""

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from approvals.offers.shelf import matching
from approvals.policy import showing
from approvals.policy.access import DurationRule, JustificationRule
from approvals.policy.model import Entitlement
from approvals.policy.reading.parse import parse
from approvals.reviews import typed
from approvals.targets import IamRoles, accesses
from handlers.slack.drafts import Draft, option, request_form
from sandbox.slack.limits import message_problems, too_long, view_problems, view_too_large
from tests.approvals.policy.reading.test_grants import TWO, many
from tests.handlers.slack.test_cards import CARD, ONE, draw
from tests.support.builders import terms


@given(targets=st.integers(2, 10), roles=st.integers(1, 6), condition=st.integers(0, 500))
@settings(max_examples=60, deadline=None)
def test_whatever_lint_lets_pass_of_a_bundle_fits_and_stands_above_the_buttons(
    targets: int, roles: int, condition: int
) -> None:
    bundle = tuple(
        IamRoles(
            resource=f"projects/{'p' * 26}-{number:02}",
            roles=tuple(f"roles/service{each}.{'aB' * 10}" for each in range(roles)),
            condition='"' * condition,
        )
        for number in range(targets)
    )
    asked = terms(targets=bundle, title="T" * 75, requirement=ONE, justification=typed("&" * 1000, salt="s"))
    offered = Entitlement(
        id=asked.entitlement,
        title=asked.title,
        targets=bundle,
        requesters=("group:sre",),
        duration=DurationRule(default=asked.duration, max=asked.duration),
        justification=JustificationRule(),
        requirement=ONE,
    )
    assume(showing.length(offered) <= showing.ROOM)

    drawn = draw(CARD, terms=asked)

    assert message_problems(list(drawn.blocks)) == []
    assert not too_long(list(drawn.blocks))
    buttons = [block["type"] for block in drawn.blocks].index("actions")
    shown = json.dumps(list(drawn.blocks)[:buttons])
    assert all(shown.count(target.resource) >= roles for target in bundle)


def test_the_form_shows_every_role_and_resource_of_what_was_chosen() -> None:
    for text in (TWO, many(10)):
        chosen = parse(text, source="p.yaml").entitlements["incident"]
        form = request_form(Draft(entitlement=chosen), zone="UTC")

        assert view_problems(form) == []
        assert not view_too_large(form)
        said = json.dumps(form)
        for target in accesses(chosen.targets):
            assert target.resource in said
            assert all(role in said for role in target.roles)


def test_a_bundle_is_found_by_any_of_its_resources_and_roles() -> None:
    chosen = parse(TWO, source="p.yaml").entitlements["incident"]

    for words in ("shop-data", "shop-prod", "bigquery", "incident logging"):
        assert list(matching([chosen], words)) == [chosen]
    assert "project shop-prod and project shop-data" in json.dumps(option(chosen))
