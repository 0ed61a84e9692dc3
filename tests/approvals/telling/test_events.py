"""What other programs are told of an entry: what the table says, and nothing that people typed."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from approvals import absences, drilling
from approvals.auditing import audits, replay
from approvals.backends.stores.records import LOADED
from approvals.freezes import forcing, freezing, parting
from approvals.freezes.freezing import freeze
from approvals.requests import Request
from approvals.reviews import typed
from approvals.telling.events import EMERGENCY, REQUESTS, SERVICE, UNTOLD, Event, event
from approvals.uses import changing, heeding, history, taking_out
from countersign_client.chain import START, Entry
from tests.support.fridays import GROUP
from tests.support.joining import Joined
from tests.support.world import ALICE, BOB, CAROL, World

WORDS = ("INC-42", "not today please", "no longer needed", "everybody stop")
"""What is typed in these tests."""


def told(world: World, request: Request | None) -> list[Event]:
    entries = world.store.entries(request.id if request is not None else "")
    record = world.read(request) if request is not None else None
    return [made for each in entries if (made := event(each, record)) is not None]


def an_entry(action: str, **detail: object) -> Entry:
    return Entry(
        request="", seq=1, at="2026-11-22T10:00:00Z", actor="ops", action=action, detail=detail, prev=START
    )


def test_nothing_that_was_typed_is_told_nor_its_digest_nor_an_account(world: World) -> None:
    denied, ended = world.file(), world.granted()
    world.press(BOB, denied, "deny", comment=WORDS[1])
    world.end(BOB, ended, why=WORDS[2])
    freeze(world.store, by="ops", why=typed(WORDS[3], salt="s"), now=world.clock())
    entries = [each for chain in (denied.id, ended.id, "") for each in world.store.entries(chain) if each.action]
    digests = {each.detail["comment"] for each in entries if "comment" in each.detail}
    said = json.dumps([(each.data, each.id) for one in (denied, ended, None) for each in told(world, one)])

    assert len(digests) == 3
    assert [each for each in (*WORDS, *digests, "slack:", "jti") if each in said] == []


def test_what_nobody_knows_and_what_is_only_an_anchor_is_told_of_nobody() -> None:
    assert event(an_entry("requests.anchored", heads=[]), None) is None
    assert event(an_entry("moon.landed"), None) is None


@pytest.mark.parametrize("cause", ["Permission 'x' was denied: <b>by us</b>", {"code": "a b"}, {}, 7, None])
def test_what_stands_in_the_place_of_a_code_and_is_none_is_told_as_other(world: World, cause: object) -> None:
    request = world.granted()
    entry = an_entry("grant.failed", cause=cause)
    made = event(entry, world.read(request))

    assert made is not None
    assert made.data["cause"] == "other"


def test_every_action_of_a_request_s_chain_has_a_kind_and_none_has_two() -> None:
    kinds = [kind.type for kind in (*REQUESTS.values(), *SERVICE.values(), EMERGENCY)]

    assert set(REQUESTS) == {*replay._REQUEST, *replay._GRANT}
    assert len(set(kinds)) == len(kinds)


def test_every_action_of_the_installation_s_chain_has_a_kind_or_is_left_out_by_name() -> None:
    known = {
        *(LOADED, forcing.FORCED, changing.HELD, changing.CLOSED, heeding.HEEDED, history.EXPORTED),
        *(freezing.FROZEN, freezing.THAWED, parting.FROZEN, parting.THAWED, absences.LEFT, absences.CAME_BACK),
        *(drilling.BEGUN, drilling.ANSWERED, audits.ACTION, "webhook.again", "report.reasons"),
        *(taking_out.REMOVING, taking_out.REFUSED),
        *("restored", "copied"),
    }
    source = "".join(path.read_text() for path in Path("approvals").rglob("*.py"))

    assert known == {*SERVICE, *UNTOLD}
    # An entry of a new kind is appended by one of these, and belongs into the list above.
    assert source.count(".append(\n            at=") + source.count(".append(at=") == 4


def test_the_story_of_access_is_told_in_its_order_with_who_and_what(world: World) -> None:
    request = world.granted()
    found = told(world, request)

    assert [each.type for each in found] == [
        "request.filed",
        "review.approved",
        "request.approved",
        "grant.active",
    ]
    assert [each.data["seq"] for each in found] == [1, 2, 3, 4]
    assert {(each.subject, each.data["requester"], each.data["entitlement"]) for each in found} == {
        (request.id, ALICE, "admin")
    }
    assert [each.data["actor"] for each in found] == [ALICE, BOB, "countersign", "countersign"]
    assert found[3].data["access"] == [{"resource": "projects/payments-prod", "roles": ["roles/run.admin"]}]
    assert found[2].data["by"] == [BOB]


def test_a_membership_of_a_group_is_told_with_its_group(tmp_path: Path) -> None:
    with closing(Joined(tmp_path)) as joined:
        request = joined.approved()
        approved = next(each for each in told(joined, request) if each.type == "request.approved")

    assert approved.data["access"] == [{"resource": f"groups/{GROUP}", "roles": ["MEMBER"]}]


def test_the_same_entry_is_the_same_event_however_much_has_happened_since(world: World) -> None:
    request = world.granted()
    before = told(world, request)
    world.end(CAROL, request, why=WORDS[2])
    world.passes(60)

    assert told(world, request)[: len(before)] == before


def test_an_id_names_the_request_the_place_in_its_chain_and_the_hash(world: World) -> None:
    request = world.granted()
    chain = {each.seq: each for each in world.store.entries(request.id)}
    ids = [each.id for each in told(world, request)]

    assert ids == [f"{request.id}.{seq}.{entry.hash.removeprefix('sha256:')[:16]}" for seq, entry in chain.items()]
    one = event(an_entry("frozen"), None)
    assert one is not None
    assert one.id.startswith("installation.1.")


def test_another_entry_in_the_same_place_has_another_id() -> None:
    one, other = event(an_entry("frozen"), None), event(an_entry("thawed"), None)

    assert one is not None
    assert other is not None
    assert one.id != other.id
