"""The bindings that grants call for, in the words of JIT Access, and which of those in a policy are ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from approvals.access.bindings import TITLE, Key, Mark, expression, ours, own_marks, wanted
from approvals.access.bindings import description as described
from approvals.access.claims import claims
from approvals.grants import Window, union
from approvals.ports.targets import Binding, Snapshot
from approvals.requests import Decision, Request
from approvals.reviews import typed
from approvals.targets import GroupMember
from tests.support.builders import NOW, RESOURCE, approval_terms, filed, grant, terms

START = datetime(2020, 1, 1, tzinfo=UTC)
FIVE_MINUTES = Window(start=START, end=START + timedelta(minutes=5))
INSTANCE = "0123456789"


def window(start: int, end: int) -> Window:
    """A window by minutes after NOW."""
    return Window(start=NOW + timedelta(minutes=start), end=NOW + timedelta(minutes=end))


def granted(
    number: int = 0, *, start: int = 0, by: tuple[str, ...] = ("bob@example.com",), **changes: Any
) -> Request:
    """An approved request whose grant lasts an hour from `start` minutes after NOW."""
    known = {"state": "approved", "decision": Decision(outcome="approved", at=NOW, by=by)}
    known["grant"] = grant(start=NOW + timedelta(minutes=start))
    return filed(f"r-{number:010}", **(known | changes)).request


def description(request: Request, *, instance: str = INSTANCE) -> str:
    (claim,) = claims([request], resource=RESOURCE)
    return described(claim, instance=instance)


def marks(*requests: Request, at: int = 1) -> list[tuple[str, tuple[str, ...]]]:
    found = wanted(
        claims(requests, resource=RESOURCE), instance=INSTANCE, now=NOW + timedelta(minutes=at)
    ).values()
    return sorted((each.binding.expression, each.requests) for each in found)


# --- text ----------------------------------------------------------------------------------------


def test_a_window_is_written_as_jit_access_writes_it() -> None:
    assert expression(FIVE_MINUTES, "") == (
        '(request.time >= timestamp("2020-01-01T00:00:00Z") && request.time < timestamp("2020-01-01T00:05:00Z"))'
    )


def test_a_window_with_a_condition_is_written_as_jit_access_writes_it() -> None:
    assert expression(FIVE_MINUTES, "resource.name=='x' || resource.name=='y'") == (
        '((request.time >= timestamp("2020-01-01T00:00:00Z") && request.time < timestamp("2020-01-01T00:05:00Z")))'
        " && (resource.name=='x' || resource.name=='y')"
    )


def test_the_title_is_the_one_of_jit_access() -> None:
    (each,) = wanted(claims([granted()], resource=RESOURCE), instance=INSTANCE, now=NOW).values()

    assert (TITLE, each.binding.title) == ("JIT access activation", "JIT access activation")


def test_who_approved_and_which_grant_stand_in_the_description() -> None:
    request = granted(7, by=("bob@example.com", "carol@example.com"))

    assert description(request, instance=INSTANCE) == (
        "Approved by bob@example.com, carol@example.com; countersign:0123456789/r-0000000007"
    )
    assert (
        description(granted(7, by=()), instance=INSTANCE) == "Self-approved; countersign:0123456789/r-0000000007"
    )


@pytest.mark.parametrize("people", [3, 6, 7, 8, 30, 300])
def test_a_description_holds_256_bytes_and_keeps_its_mark(people: int) -> None:
    by = tuple(f"approver.number.{number}@example.com" for number in range(people))
    text = description(granted(by=by), instance=INSTANCE)

    assert len(text.encode()) <= 256
    assert text.startswith("Approved by ")
    assert text.endswith("; countersign:0123456789/r-0000000000")
    named = text.count("@")
    assert named == people or f"and {people - named} more" in text


def test_the_256th_byte_is_used_and_no_257th_also_where_a_letter_takes_two() -> None:
    around = len("Approved by @example.com; countersign:0123456789/r-0000000000")
    fits, long, wide = ("a" * (256 - around), "a" * (257 - around), "ü" + "a" * (255 - around))
    texts = [description(granted(by=(f"{name}@example.com",)), instance=INSTANCE) for name in (fits, long, wide)]

    assert len(texts[0].encode()) == 256
    assert [("@" in text, text.endswith("; countersign:0123456789/r-0000000000")) for text in texts] == [
        (True, True),
        (False, True),
        (False, True),
    ]


def test_even_one_name_can_be_too_long() -> None:
    text = description(granted(by=(f"{'a' * 64}@{'b' * 250}.example.com",)), instance=INSTANCE)

    assert len(text.encode()) <= 256
    assert text.endswith("; countersign:0123456789/r-0000000000")


def test_nothing_that_was_typed_enters_a_binding() -> None:
    request = granted(
        terms=terms(justification=typed("typed; countersign:x/y", salt="s" * 16), title="typed title")
    )
    (each,) = wanted(claims([request], resource=RESOURCE), instance=INSTANCE, now=NOW).values()

    assert "typed" not in repr(each.binding)


# --- union ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("windows", "joined"),
    [
        ([], []),
        ([(0, 10)], [(0, 10)]),
        ([(0, 10), (5, 20)], [(0, 20)]),
        ([(5, 20), (0, 10)], [(0, 20)]),
        ([(0, 10), (10, 20)], [(0, 20)]),
        ([(0, 10), (11, 20)], [(0, 10), (11, 20)]),
        ([(0, 30), (5, 10), (29, 31)], [(0, 31)]),
        ([(0, 10), (0, 10)], [(0, 10)]),
    ],
)
def test_windows_that_touch_are_joined(windows: list[tuple[int, int]], joined: list[tuple[int, int]]) -> None:
    assert union(window(*each) for each in windows) == tuple(window(*each) for each in joined)


def test_overlapping_grants_call_for_one_binding_of_both() -> None:
    first, second = granted(1), granted(2, start=30)

    assert marks(first, second) == [(expression(window(0, 90), ""), (first.id, second.id))]


def test_disjoint_grants_call_for_two_bindings() -> None:
    first, second = granted(1), granted(2, start=90)

    assert marks(first, second) == [
        (expression(window(0, 60), ""), (first.id,)),
        (expression(window(90, 150), ""), (second.id,)),
    ]


@pytest.mark.parametrize(("at", "end", "carried"), [(1, 60, ["r-0000000000"]), (61, 160, ["r-0000000001"])])
def test_of_a_membership_only_the_first_of_disjoint_windows_is_called_for(
    at: int, end: int, carried: list[str]
) -> None:
    """Somebody is in a group once, and in it until the last end they would be in it between the two as well."""
    group = GroupMember(group="prod-admins@example.com")
    joined = approval_terms(targets=(group,))
    held = [granted(number, start=100 * number, terms=joined) for number in (1, 0)]
    found = wanted(claims(held, resource=group.resource), instance=INSTANCE, now=NOW + timedelta(minutes=at))

    assert [(each.end, list(each.requests)) for each in found.values()] == [(window(0, end).end, carried)]


def test_grants_under_different_conditions_are_never_joined() -> None:
    first, second = granted(1), granted(2, terms=terms(condition="resource.name == 'x'"))

    assert marks(first, second) == [
        (expression(window(0, 60), "resource.name == 'x'"), (second.id,)),
        (expression(window(0, 60), ""), (first.id,)),
    ]


def test_every_role_has_its_own_binding() -> None:
    request = granted(terms=terms(roles=("roles/a", "roles/b")))
    found = wanted(claims([request], resource=RESOURCE), instance=INSTANCE, now=NOW)

    assert {mark.role for mark in found} == {"roles/a", "roles/b"}


@pytest.mark.parametrize("state", ["ended", "revoked", "failed"])
def test_a_closed_grant_calls_for_nothing(state: Any) -> None:
    assert marks(granted(grant=grant(state))) == []


def test_a_grant_calls_for_nothing_from_its_last_moment_on() -> None:
    assert marks(granted(), at=59) != []
    assert marks(granted(), at=60) == []


def test_a_request_without_a_grant_calls_for_nothing() -> None:
    assert marks(filed().request) == []


# --- ours ----------------------------------------------------------------------------------------

OURS = Binding(
    role="roles/run.admin",
    member="user:alice@example.com",
    title=TITLE,
    description="anything",
    expression=expression(window(0, 60), ""),
)


def found(binding: Binding, *, person: str = "alice@example.com") -> dict[Mark, tuple[Binding, ...]]:
    snapshot = Snapshot(resource=RESOURCE, etag="e", bindings=(binding,), raw={})
    return ours(snapshot, known=own_marks(claims([granted(requester=person)], resource=RESOURCE)))


def test_a_binding_with_our_grants_role_member_and_expression_is_ours() -> None:
    assert list(found(OURS).values()) == [(OURS,)]


def test_a_title_that_somebody_changed_does_not_make_a_binding_theirs() -> None:
    renamed = msgspec.structs.replace(OURS, title="kept by somebody")

    assert list(found(renamed).values()) == [(renamed,)]


@pytest.mark.parametrize(("letter", "count"), [("k", 1), ("K", 1), ("\u212a", 0)], ids=["k", "K", "Kelvin"])
def test_a_member_in_other_letters_is_ours_only_within_ascii(letter: str, count: int) -> None:
    spelled = msgspec.structs.replace(OURS, member=f"user:{letter}ate@example.com")

    assert len(found(spelled, person="kate@example.com")) == count


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "roles/run.viewer"),
        ("member", "user:bob@example.com"),
        ("member", "group:alice@example.com"),
        ("member", "serviceAccount:alice@example.com"),
        ("expression", expression(window(0, 61), "")),
        ("expression", expression(window(0, 60), "") + " "),
        ("expression", ""),
    ],
)
def test_a_binding_that_differs_is_not_ours_whatever_its_description_says(field: str, value: str) -> None:
    fields = {name: getattr(OURS, name) for name in OURS.__struct_fields__}
    copied = fields | {"description": f"Approved by bob@example.com; countersign:{INSTANCE}/r-0000000000"}

    assert found(Binding(**(copied | {field: value}))) == {}


def test_one_persons_binding_is_nobody_elses() -> None:
    both = (granted(1), granted(2, requester="gwen@example.com"))
    snapshot = Snapshot(resource=RESOURCE, etag="e", bindings=(OURS,), raw={})

    assert [mark.member for mark in ours(snapshot, known=own_marks(claims(both, resource=RESOURCE)))] == [
        "user:alice@example.com"
    ]
    assert marks(*both) == [
        (expression(window(0, 60), ""), (both[0].id,)),
        (expression(window(0, 60), ""), (both[1].id,)),
    ]


# --- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "resource.name == 'x'",
        "a || b",
        "(a) && (b)",
        'request.time < timestamp("2026-11-22T10:00:00Z")',
        "a\nb",
    ],
)
def test_a_marks_key_is_read_from_its_expression(condition: str) -> None:
    mark = Mark(role="roles/a", member="user:a@x", expression=expression(window(0, 60), condition))

    assert mark.key == Key("roles/a", "user:a@x", condition)


def test_a_mark_that_is_not_ours_has_a_key_of_its_own() -> None:
    mark = Mark(role="roles/a", member="user:a@x", expression="request.time.getHours() < 12")

    assert mark.key == Key("roles/a", "user:a@x", "request.time.getHours() < 12")
