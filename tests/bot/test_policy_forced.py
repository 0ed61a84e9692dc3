"""A policy that an operator forces: whom that is told, once, whatever dies, and what becomes of who was asked."""

from typing import cast

import pytest

from approvals.freezes import forcing
from approvals.policy import itself
from approvals.policy.reading.parse import parse
from approvals.ports.store import Store, StoredPolicy
from approvals.refusals.errors import Conflict, Unavailable
from approvals.reviews import typed
from approvals.telling.news import Forced
from approvals.uses.changing import held, request_of
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from tests.bot.test_policy_held import LOOSE, OTHERS, TIGHT, Office, cloud, office, wire
from tests.chaos.trouble import Crash, Doom
from tests.support.doubles import Around
from tests.support.world import BOB, CAROL, World

__all__ = ["cloud", "office", "wire"]

SECURITY, OURS = "#security", "#ours"
TOLD = TIGHT.replace("entitlements:", f'security_channel: "{SECURITY}"\nentitlements:', 1)
LOOSER = TOLD.replace("roles: [roles/run.admin]", "roles: [roles/run.admin, roles/run.developer]")
TAKEN = LOOSER.replace(SECURITY, OURS)


def force(office: Office, text: str, *, before: str) -> Forced:
    """What the command does."""
    now, source = office.world.clock(), "policy.yaml"
    policy, was = parse(text, source=source), parse(before, source=source)
    stored = StoredPolicy(digest=policy.digest, text=text, source=source, loaded_at=now)
    why = typed("Bob <!channel> has left", salt="salt")
    return forcing.force(office.world.store, stored, policy, before=was, by="os:root", why=why)


def told(office: Office) -> list[tuple[str, Forced]]:
    """Who was told, after many looks and passes, and another start."""
    for _ in range(3):
        office.look()
    office.start()
    office.world.clock.advance(3600)
    office.look()
    return [(to, each) for to, each in office.world.room.heard if isinstance(each, Forced)]


@pytest.fixture
def loud(office: Office) -> Office:
    """A policy with a security channel is in force, and a looser one is held."""
    office.write(TOLD)
    assert office.in_force == TOLD
    office.write(LOOSER)
    assert office.in_force == TOLD
    return office


def test_what_people_accepted_is_told_nobody_as_forced(loud: Office) -> None:
    loud.accept(BOB, CAROL)
    assert loud.in_force == LOOSER
    assert told(loud) == []


def test_the_security_channel_is_told_once_by_whom_why_and_in_what_it_is_looser(loud: Office) -> None:
    force(loud, LOOSER, before=TOLD)

    ((room, found),) = told(loud)

    assert loud.in_force == LOOSER
    assert room == SECURITY
    assert (found.by, found.why.text) == ("os:root", "Bob <!channel> has left")
    assert any("roles/run.developer" in each for each in found.differences)


def asked(office: Office) -> str:
    """The request for what is held."""
    store = office.world.store
    request = request_of(store, held(store)[0])
    assert request is not None
    return request.id


def test_who_was_asked_to_accept_it_reads_that_it_was_forced(loud: Office) -> None:
    request = asked(loud)
    force(loud, LOOSER, before=TOLD)
    loud.look()

    found = loud.world.store.request(request)
    assert (found.state, found.decision and found.decision.reason) == ("withdrawn", itself.FORCED)
    assert "by break-glass" in plain(standing(found).meaning)


def test_of_what_was_held_when_another_one_was_forced_nobody_reads_that(loud: Office) -> None:
    request = asked(loud)
    force(loud, TAKEN, before=TOLD)
    loud.look()

    found = loud.world.store.request(request)
    assert (found.state, found.decision and found.decision.reason) == ("withdrawn", "")
    assert "is another one by now" in plain(standing(found).meaning)


def test_a_forced_policy_that_names_another_channel_is_told_the_one_of_before_as_well(loud: Office) -> None:
    loud.write(TAKEN)
    force(loud, TAKEN, before=TOLD)
    assert {room for room, _ in told(loud)} == {SECURITY, OURS}


def test_without_a_channel_everybody_is_told_who_would_have_accepted_it(office: Office) -> None:
    office.write(LOOSE)
    force(office, LOOSE, before=TIGHT)
    assert sorted(room for room, _ in told(office)) == [BOB, CAROL]


def test_whom_the_forced_policy_alone_names_is_told_in_nobody_s_place(office: Office) -> None:
    office.write(OTHERS)
    force(office, OTHERS, before=TIGHT)
    assert sorted(room for room, _ in told(office)) == [BOB, CAROL]


def test_where_the_channel_takes_no_message_the_approvers_are_told_instead(loud: Office) -> None:
    loud.world.room.shut = {SECURITY}
    force(loud, LOOSER, before=TOLD)
    assert sorted(room for room, _ in told(loud)) == [BOB, CAROL]


def test_a_channel_that_the_forced_policy_alone_names_takes_nobody_s_place(office: Office) -> None:
    first = LOOSE.replace("entitlements:", f'security_channel: "{OURS}"\nentitlements:', 1)
    office.write(first)
    force(office, first, before=TIGHT)
    assert {BOB, CAROL} <= {room for room, _ in told(office)}


def test_nor_does_it_where_the_channel_of_before_takes_no_message(loud: Office) -> None:
    loud.world.room.shut = {SECURITY}
    loud.write(TAKEN)
    force(loud, TAKEN, before=TOLD)
    assert sorted(room for room, _ in told(loud)) == [OURS, BOB, CAROL]


def test_a_chat_that_does_not_answer_is_tried_again_until_it_was_told(loud: Office) -> None:
    loud.look()
    loud.world.room.faults = [Unavailable("Slack is away"), Unavailable("Slack is away")]
    force(loud, LOOSER, before=TOLD)
    loud.look()
    for _ in range(4):
        loud.world.clock.advance(120)
        loud.look()
    assert [room for room, _ in told(loud)] == [SECURITY]


NARROW = TOLD.replace("roles: [roles/storage.objectViewer, roles/run.viewer]", "roles: [roles/run.viewer]")


@pytest.mark.parametrize("next_", ["it is looked at", "a narrower one comes into force before anybody looks"])
@pytest.mark.parametrize("moment", range(4))
def test_a_command_that_dies_at_any_write_has_put_it_in_force_and_told_or_neither(
    loud: Office, moment: int, next_: str
) -> None:
    """Before or after the note in the chain, before or after the commit by which it is in force."""
    world, doom, store = loud.world, Doom(), loud.world.store

    def write(name: str) -> None:
        if name in {"advance", "keep"}:
            doom.moment()

    world.store, doom.left = cast("Store", Around(store, before=write, after=write)), moment
    with pytest.raises(Crash):
        force(loud, LOOSER, before=TOLD)
    world.store = store
    kept = store.last_good()
    assert kept is not None
    assert (kept.text == LOOSER) == (moment == 3)
    if next_ != "it is looked at":
        store.keep(kept_as(NARROW, world), instead_of=kept.digest)

    assert [room for room, _ in told(loud)] == ([SECURITY] if moment == 3 else [])


def kept_as(text: str, world: World) -> StoredPolicy:
    return StoredPolicy(digest=parse(text, source="").digest, text=text, source="", loaded_at=world.clock())


def test_what_did_not_come_into_force_is_told_nobody(loud: Office) -> None:
    """Another policy came into force since the command read which one is."""
    loud.world.store.keep(kept_as(NARROW, loud.world))
    with pytest.raises(Conflict):
        force(loud, LOOSER, before=TOLD)
    assert told(loud) == []


@pytest.mark.parametrize("running", [True, False], ids=["a service that runs", "a service that starts later"])
def test_nobody_is_asked_any_more_to_accept_what_was_forced(loud: Office, running: bool) -> None:
    asked = loud.asked
    force(loud, LOOSER, before=TOLD)
    if not running:
        loud.start()
    loud.look()
    assert loud.world.read(asked).state == "withdrawn"
    assert held(loud.world.store)[1].digest == ""
