"""What stands in Google Cloud beside what was approved here is told, and only what is provably ours is taken."""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.ports.targets import Forbidden, Unsure
from approvals.refusals.errors import NotFound
from approvals.requests import Request
from approvals.standing.drift import Found
from approvals.uses.drifting import Drift, Means, drift
from approvals.uses.searching import Unread
from approvals.uses.taking_out import TakingOut
from handlers.wording.drift import HEADINGS, MEANING, given, unread
from handlers.wording.refusing.refusals import worded
from sandbox.google import Google
from tests.approvals.reconcile.clouds import FOREIGN, bindings, put, strip
from tests.support.builders import RESOURCE
from tests.support.clouds import google_with
from tests.support.direct import Wire, direct_iam
from tests.support.doubles import Inline
from tests.support.world import ALICE, BOB, GWEN, World, policy


def means(world: World, granter: Any) -> Means:
    return Means(store=world.store, installation=lambda: world.installation, granter=granter, executor=Inline())


def taking_out(world: World, granter: Any) -> TakingOut:
    return TakingOut(store=world.store, granter=granter, clock=world.clock, owner="drift", by="os:op")


def looked(world: World, wire: Wire, *, remove: bool = False) -> Drift:
    out = taking_out(world, wire) if remove else None
    return drift(world.policy, means(world, wire), now=world.clock(), taking_out=out)


def kinds(found: Drift) -> list[tuple[str, str, str]]:
    return [(each.kind, each.role, each.member) for each in found.found]


def edited(cloud: Google, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the one binding that is there by hand."""
    held = copy.deepcopy(bindings(cloud))
    assert len(held) == 1
    change(held[0])
    cloud.edit(RESOURCE, lambda found: found.update(bindings=held))


def put_back(world: World, cloud: Google) -> tuple[Request, dict[str, Any]]:
    """A grant that ended and was taken out, and whose binding somebody put back to the letter."""
    request = world.granted()
    (made,) = bindings(cloud)
    world.end(ALICE, request)
    world.pass_()
    assert bindings(cloud) == []
    put(cloud, [made])
    return request, made


def test_where_all_is_as_it_was_approved_nothing_is_said(world: World, wire: Wire) -> None:
    world.granted()
    world.granted(GWEN, "pair")
    found = looked(world, wire)

    assert (found.found, found.covered, found.unread) == ((), 1, ())


def test_access_beside_the_policy_and_copies_of_our_mark_are_told_member_by_member(
    world: World, cloud: Google, wire: Wire
) -> None:
    world.granted()
    put(cloud, [*FOREIGN, {"role": "roles/browser", "members": ["group:ops@example.com"]}])

    assert kinds(looked(world, wire)) == [
        ("lookalike", "roles/run.admin", "user:alice@example.com"),
        ("standing", "roles/run.admin", "group:ops@example.com"),
        ("standing", "roles/run.admin", "user:alice@example.com"),
        ("standing", "roles/run.viewer", "user:alice@example.com"),
        ("standing", "roles/run.viewer", "user:bob@example.com"),
    ]


def test_whose_account_is_deleted_has_no_access(world: World, cloud: Google, wire: Wire) -> None:
    put(
        cloud,
        [{"role": "roles/run.admin", "members": ["deleted:user:alice@example.com?uid=123456789012345678901"]}],
    )
    assert looked(world, wire).found == ()


def later(binding: dict[str, Any]) -> None:
    binding["condition"]["expression"] = binding["condition"]["expression"].replace("T11:00", "T23:00")


def for_others(binding: dict[str, Any]) -> None:
    binding["members"] = ["user:bob@example.com"]


def for_more(binding: dict[str, Any]) -> None:
    binding["role"] = "roles/run.viewer"


def renamed(binding: dict[str, Any]) -> None:
    binding["condition"]["title"] = "temporary"


def without_its_origin(binding: dict[str, Any]) -> None:
    binding["condition"]["description"] = "see the wiki"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (later, ["changed", "missing"]),
        (for_others, ["changed", "missing"]),
        (for_more, ["changed", "missing"]),
        (renamed, ["changed"]),
        (without_its_origin, ["changed"]),
    ],
)
def test_ours_that_somebody_changed_is_told_and_never_taken(
    world: World, cloud: Google, wire: Wire, change: Callable[[dict[str, Any]], None], told: list[str]
) -> None:
    request = world.granted()
    edited(cloud, change)
    world.clock.advance(1)
    before = bindings(cloud)
    found = looked(world, wire, remove=True)

    assert [each.kind for each in found.found] == told
    assert {each.request for each in found.found} <= {request.id, ""}
    assert (bindings(cloud), found.removed) == (before, ())


def test_a_binding_that_is_gone_is_missed(world: World, cloud: Google, wire: Wire) -> None:
    request = world.granted()
    strip(cloud)
    world.clock.advance(1)

    assert [(each.kind, each.request) for each in looked(world, wire).found] == [("missing", request.id)]


def test_a_grant_that_changed_since_the_look_began_is_left_to_the_next_one(
    world: World, cloud: Google, wire: Wire
) -> None:
    world.granted()
    strip(cloud)

    assert looked(world, wire).found == ()


def test_what_is_over_and_was_put_back_is_taken_out_only_where_that_is_asked(
    world: World, cloud: Google, wire: Wire
) -> None:
    request, made = put_back(world, cloud)
    put(cloud, FOREIGN)
    first = looked(world, wire)

    assert [(each.kind, each.request) for each in first.found if each.kind == "over"] == [("over", request.id)]
    assert (made in bindings(cloud), first.removed) == (True, ())
    second = looked(world, wire, remove=True)

    assert [(each.kind, each.request) for each in second.removed] == [("over", request.id)]
    assert "over" not in [each.kind for each in second.found]
    assert bindings(cloud) == FOREIGN
    assert looked(world, wire, remove=True).removed == ()


NEARLY: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another window": later,
    "another person": for_others,
    "another role": for_more,
    "another instance": lambda each: origin(each, "countersign:", "countersign:0"),
    "another request": lambda each: origin(each, "/r-", "/r-0"),
    "no origin": without_its_origin,
    "no condition": lambda each: each.pop("condition"),
}


def origin(binding: dict[str, Any], old: str, new: str) -> None:
    binding["condition"]["description"] = binding["condition"]["description"].replace(old, new)


@pytest.mark.parametrize("change", NEARLY.values(), ids=NEARLY)
def test_what_is_nearly_ours_and_over_stays(
    world: World, cloud: Google, wire: Wire, change: Callable[[dict[str, Any]], None]
) -> None:
    put_back(world, cloud)
    edited(cloud, change)
    before = bindings(cloud)
    found = looked(world, wire, remove=True)

    assert (bindings(cloud), found.removed) == (before, ())
    assert len(found.found) == 1


def test_what_gives_access_is_never_taken_out(world: World, cloud: Google, wire: Wire) -> None:
    world.granted()
    world.granted(BOB)
    before = bindings(cloud)
    assert looked(world, wire, remove=True).removed == ()
    assert bindings(cloud) == before


def test_a_write_that_google_refuses_is_told_and_leaves_it(world: World, cloud: Google, wire: Wire) -> None:
    put_back(world, cloud)
    wire.writes = [Unsure("no answer came")]
    found = looked(world, wire, remove=True)

    assert (found.removed, found.unread, [unread(each) for each in found.kept]) == (
        (),
        (),
        [f"{RESOURCE}: {worded(Unsure('no answer came').reason)}"],
    )
    assert len(bindings(cloud)) == 1


def eligible(member: str, role: str = "roles/run.admin", marker: str = "jitAccessConstraint") -> dict[str, Any]:
    condition = {"title": "eligible", "expression": f"has({{}}.{marker})"}
    return {"role": role, "members": [member], "condition": condition}


def test_what_nobody_used_for_ninety_days_is_told_and_a_young_store_says_that_it_cannot_know(
    world: World, cloud: Google, wire: Wire
) -> None:
    cloud._keep(
        RESOURCE,
        {
            "bindings": [
                eligible("user:alice@example.com"),
                eligible("group:ops@example.com", marker="multiPartyApprovalConstraint"),
                eligible("user:bob@example.com"),
                eligible("user:bob@example.com", "roles/browser"),
            ]
        },
    )
    assert (looked(world, wire).found, looked(world, wire).unused) == ((), False)
    world.clock.advance(timedelta(days=91).total_seconds())
    world.granted(ALICE)
    found = looked(world, wire)

    assert found.unused
    assert kinds(found) == [
        ("unused", "roles/browser", "user:bob@example.com"),
        ("unused", "roles/run.admin", "user:bob@example.com"),
    ]


def test_a_marker_that_cannot_be_read_hides_no_other_binding(world: World, cloud: Google, wire: Wire) -> None:
    broken = eligible("user:alice@example.com", marker="jitAccessConstraint) || has({}.jitAccessConstraint")
    cloud._keep(RESOURCE, {"bindings": [broken, *FOREIGN[:1]]})
    assert [each.kind for each in looked(world, wire).found] == ["standing", "standing", "unreadable"]


OTHER = "projects/payments-test"


def test_one_project_that_cannot_be_read_hides_no_other(world: World) -> None:
    cloud = google_with(RESOURCE, OTHER)
    put(cloud, [{"role": "roles/run.viewer", "members": ["user:alice@example.com"]}])
    world.policy = policy(("resource: projects/payments-prod", f"resource: {OTHER}"))
    for error in (Forbidden("no permission", needed="x"), Unsure("503")):
        wire = Wire(direct_iam(cloud))
        wire.reads = [error]
        found = looked(world, wire)
        assert (found.covered, [each.resource for each in found.unread]) == (2, [OTHER])
        assert unread(found.unread[0]).startswith(f"{OTHER}: ")
        assert kinds(found) == [("standing", "roles/run.viewer", "user:alice@example.com")]


def test_administrators_alone_see_it(world: World, cloud: Google, wire: Wire) -> None:
    world.policy = policy(("entitlements:", "administrators: [gwen@example.com]\nentitlements:"))
    put(cloud, FOREIGN)
    with pytest.raises(NotFound):
        world.uses.drifting.drift(world.identity(ALICE), now=world.clock())

    assert len(world.uses.drifting.drift(world.identity(GWEN), now=world.clock()).found) == 5


def test_each_kind_has_its_words() -> None:
    shown = Found(kind="standing", resource=RESOURCE, role="roles/run.admin", member="user:a@example.com")
    assert HEADINGS.keys() == MEANING.keys()
    assert given(shown) == "gives access"
    assert given(msgspec.structs.replace(shown, gives=False)).startswith("gives no access now")
    assert unread(Unread(resource=RESOURCE, error=None)) == f"{RESOURCE}: it was not read in time. Look again"
