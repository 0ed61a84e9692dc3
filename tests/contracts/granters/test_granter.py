"""What every granter does: whole policies, one binding changed, nobody else's touched."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.ports.targets import Binding, Forbidden, Granter, Impossible, PolicyChanged, Snapshot, Unsure
from tests.contracts.granters.conftest import Service
from tests.support.googles import FOLDER, ORGANIZATION, PROJECT

REASON = "r-0123456789"
ALICE, BOB = "user:alice@example.com", "user:bob@example.com"
WINDOW = '(request.time >= timestamp("2026-05-01T10:00:00Z") && request.time < timestamp("2026-05-01T11:00:00Z"))'
OURS = Binding(
    role="roles/run.admin",
    member=ALICE,
    title="JIT access activation",
    description="Approved by bob@example.com; countersign:demo/r-0123456789",
    expression=WINDOW,
)
FOREIGN: list[dict[str, Any]] = [
    {"role": "roles/run.admin", "members": [BOB, ALICE]},
    {
        "role": "roles/run.admin",
        "members": [ALICE, BOB],
        "condition": {"title": "JIT access activation", "expression": WINDOW, "location": "somewhere"},
    },
    {"role": "roles/viewer", "members": ["group:all@example.com", "domain:example.com"]},
    {
        "role": "roles/storage.objectViewer",
        "members": ["serviceAccount:robot@demo-prod.iam.gserviceaccount.com"],
        "condition": {
            "title": "ünusual «title»",
            "description": "line\nbreak",
            "expression": "resource.name.startsWith('projects/_/buckets/x') // a remark",
        },
    },
]


def read(granter: Granter, resource: str = PROJECT, *, timeout: float = 10) -> Snapshot:
    return granter.read(resource, timeout=timeout, reason=REASON)


def write(
    granter: Granter,
    snapshot: Snapshot,
    *,
    add: tuple[Binding, ...] = (),
    remove: tuple[Binding, ...] = (),
    timeout: float = 10,
) -> None:
    granter.write(snapshot, add=add, remove=remove, timeout=timeout, reason=REASON)


def test_a_stale_snapshot_is_refused_and_nothing_is_written(granter: Granter, service: Service) -> None:
    snapshot = read(granter)
    service.edit(PROJECT, FOREIGN)
    with pytest.raises(PolicyChanged):
        write(granter, snapshot, add=(OURS,))
    assert service.bindings(PROJECT) == FOREIGN


def test_two_writers_of_one_snapshot_have_one_winner(granter: Granter, service: Service) -> None:
    snapshot = read(granter)
    outcomes: list[str] = []

    def race(member: str) -> None:
        try:
            write(granter, snapshot, add=(Binding(**{**_fields(OURS), "member": member}),))
            outcomes.append("written")
        except PolicyChanged:
            outcomes.append("changed")

    racers = [threading.Thread(target=race, args=(f"user:p{number}@example.com",)) for number in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
    assert sorted(outcomes) == ["changed", "changed", "changed", "written"]
    assert len(service.bindings(PROJECT)) == 1


@pytest.mark.parametrize("resource", [PROJECT, FOLDER, ORGANIZATION])
def test_a_binding_is_made_as_it_is_given_and_removed_again(
    granter: Granter, service: Service, resource: str
) -> None:
    service.edit(resource, FOREIGN)
    write(granter, read(granter, resource), add=(OURS,))
    made = {
        "role": OURS.role,
        "members": [ALICE],
        "condition": {"title": OURS.title, "description": OURS.description, "expression": WINDOW},
    }
    assert service.bindings(resource) == [*FOREIGN, made]
    assert OURS in read(granter, resource).bindings
    write(granter, read(granter, resource), remove=(OURS,))
    assert service.bindings(resource) == FOREIGN
    assert OURS not in read(granter, resource).bindings


def test_the_binding_is_in_force_inside_its_window_only(granter: Granter, service: Service) -> None:
    write(granter, read(granter), add=(OURS,))
    times = [datetime(2026, 5, 1, *at, tzinfo=UTC) for at in ((9, 59), (10, 0), (10, 59), (11, 0))]
    found = [service.in_force(PROJECT, OURS.role, ALICE, at) for at in times]
    assert found == [False, True, True, False]


def test_removing_one_member_leaves_the_others_of_the_binding(granter: Granter, service: Service) -> None:
    bob = Binding(**{**_fields(OURS), "member": BOB})
    write(granter, read(granter), add=(OURS, bob))
    assert [binding["members"] for binding in service.bindings(PROJECT)] == [[ALICE, BOB]]
    write(granter, read(granter), remove=(OURS,))
    assert [binding["members"] for binding in service.bindings(PROJECT)] == [[BOB]]


@pytest.mark.parametrize("field", ["role", "member", "title", "description", "expression"])
def test_a_binding_that_differs_in_anything_is_not_removed(granter: Granter, service: Service, field: str) -> None:
    write(granter, read(granter), add=(OURS,))
    before = service.bindings(PROJECT)
    write(granter, read(granter), remove=(Binding(**{**_fields(OURS), field: "other"}),))
    assert service.bindings(PROJECT) == before


def test_one_write_replaces_one_window_by_another(granter: Granter, service: Service) -> None:
    longer = Binding(**{**_fields(OURS), "expression": WINDOW.replace("11:00", "12:00")})
    write(granter, read(granter), add=(OURS,))
    write(granter, read(granter), remove=(OURS,), add=(longer,))
    assert read(granter).bindings == (longer,)
    assert len(service.writes()) == 2


def test_adding_what_is_there_changes_nothing(granter: Granter, service: Service) -> None:
    write(granter, read(granter), add=(OURS,))
    before = service.bindings(PROJECT)
    write(granter, read(granter), add=(OURS,))
    assert service.bindings(PROJECT) == before


def test_a_policy_of_1400_principals_is_one_read_and_one_write_and_otherwise_untouched(
    granter: Granter, service: Service
) -> None:
    roles = ("roles/run.viewer", "roles/logging.viewer", "roles/browser", "roles/monitoring.viewer")
    large = [
        {
            "role": role,
            "members": [f"user:p{number}@example.com"],
            "condition": {"title": f"t{number}", "expression": WINDOW},
        }
        for role in roles
        for number in range(350)
    ]
    service.edit(PROJECT, large)
    write(granter, read(granter), add=(OURS,))
    assert service.bindings(PROJECT)[:-1] == large
    assert OURS in read(granter).bindings
    assert len(service.writes()) == 1


def test_every_write_has_version_3_and_an_etag_and_every_call_its_reason(
    granter: Granter, service: Service
) -> None:
    write(granter, read(granter), add=(OURS,))
    write(granter, read(granter), remove=(OURS,))
    assert [policy["version"] for policy in service.writes()] == [3, 3]
    assert all(policy["etag"] for policy in service.writes())
    assert service.reasons() == [REASON] * 4


@pytest.mark.parametrize("status", [409, 412])
def test_a_precondition_that_failed_is_a_changed_policy(granter: Granter, service: Service, status: int) -> None:
    snapshot = read(granter)
    service.fail(write=True, status=status)
    with pytest.raises(PolicyChanged):
        write(granter, snapshot, add=(OURS,))


@pytest.mark.parametrize("status", [300, 302, 307, 408, 429, 500, 503])
@pytest.mark.parametrize("is_write", [False, True])
def test_what_is_neither_done_nor_refused_is_unsure(
    granter: Granter, service: Service, status: int, is_write: bool
) -> None:
    snapshot = read(granter)
    service.fail(write=is_write, status=status)
    with pytest.raises(Unsure):
        write(granter, snapshot, add=(OURS,)) if is_write else read(granter)


@pytest.mark.parametrize("how", ["answer", "connection"])
def test_a_write_whose_answer_is_lost_is_unsure_and_sent_once(
    granter: Granter, service: Service, how: str
) -> None:
    snapshot = read(granter)
    service.lose(how=how)
    with pytest.raises(Unsure):
        write(granter, snapshot, add=(OURS,))
    assert len(service.writes()) == 1
    assert OURS in read(granter).bindings


def test_a_call_that_takes_too_long_is_unsure_in_time(granter: Granter, service: Service) -> None:
    snapshot = read(granter)
    service.late(write=True, seconds=20.0)
    began = time.monotonic()
    with pytest.raises(Unsure):
        write(granter, snapshot, add=(OURS,), timeout=0.2)
    assert time.monotonic() - began < 10


def test_a_call_whose_time_is_up_is_never_sent(granter: Granter, service: Service) -> None:
    snapshot = read(granter)
    with pytest.raises(Unsure):
        write(granter, snapshot, add=(OURS,), timeout=0)
    assert service.writes() == []


@pytest.mark.parametrize("is_write", [False, True])
def test_a_missing_permission_is_named(granter: Granter, service: Service, is_write: bool) -> None:
    snapshot = read(granter)
    service.fail(write=is_write, status=403)
    with pytest.raises(Forbidden, match=PROJECT):
        write(granter, snapshot, add=(OURS,)) if is_write else read(granter)


def test_a_resource_that_is_missing_cannot_be_told_from_a_forbidden_one(granter: Granter) -> None:
    with pytest.raises(Forbidden):
        read(granter, "projects/other")


@pytest.mark.parametrize(
    "resource", ["", "projects/", "buckets/x", "projects/a/b", "projects/a:b", "projects/a b"]
)
def test_what_is_no_resource_is_impossible(granter: Granter, resource: str) -> None:
    with pytest.raises(Impossible):
        read(granter, resource)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("role", "roles/run.nobody", "Role roles/run.nobody is not supported for this resource"),
        ("role", "roles/viewer", "primitive"),
        ("member", "alice", "alice"),
        ("expression", "request.time <", "compilation failed"),
        ("title", "t" * 101, "title"),
    ],
)
def test_what_the_service_will_never_take_is_impossible_in_its_words(
    granter: Granter, service: Service, field: str, value: str, named: str
) -> None:
    with pytest.raises(Impossible, match=named):
        write(granter, read(granter), add=(Binding(**{**_fields(OURS), field: value}),))
    assert service.bindings(PROJECT) == []


def _fields(binding: Binding) -> dict[str, str]:
    return {name: getattr(binding, name) for name in binding.__struct_fields__}
