"""A policy file that is looser than the one in force: who lets it in, who does not, and what becomes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.auditing.audits import Inspection
from approvals.freezes.freezing import freeze, thaw
from approvals.policy.reading.parse import digest_of
from approvals.requests import Request
from approvals.uses.changing import held
from bot.policy_file import PolicyFile
from tests.support.builders import NOW
from tests.support.clouds import cloud, wire
from tests.support.direct import Wire
from tests.support.world import ALICE, BOB, CAROL, DAN, GWEN, POLICY, World, refused

TIGHT = POLICY.replace(
    "entitlements:", "change: {approvers: [bob@example.com, carol@example.com], needed: 2}\nentitlements:", 1
)
LOOSE = TIGHT.replace("roles: [roles/run.admin]", "roles: [roles/run.admin, roles/run.developer]")
LOOSER = TIGHT.replace("roles: [roles/run.admin]", "roles: [roles/run.admin, roles/run.invoker]")
NARROW = TIGHT.replace("roles: [roles/storage.objectViewer, roles/run.viewer]", "roles: [roles/run.viewer]")
MIXED = LOOSE.replace("roles: [roles/storage.objectViewer, roles/run.viewer]", "roles: [roles/run.viewer]")
OTHERS = TIGHT.replace("[bob@example.com, carol@example.com], needed: 2", "[alice@example.com], needed: 1")


class Office:
    """The core and the policy file of one process; `write` changes the file and has it looked at."""

    def __init__(self, folder: Path, wire: Wire) -> None:
        self.path = folder / "policy.yaml"
        self.path.write_text(TIGHT)
        self.world = World(folder, granter=wire)
        self.start()

    def start(self) -> None:
        """What a start of the program does: nothing but the file and the store is left of the one before."""
        self.file = PolicyFile(self.path, store=self.world.store, clock=self.world.clock)
        self.file.record()
        self.file.join(self.world.core(policy=self.file.current).changing)
        self.look()

    def look(self) -> bool:
        """Look as the watch does every second; in a pass what is asked is settled."""
        changed = self.file.refresh()
        self.world.policy = self.file.current()
        self.world.pass_()
        return changed

    def write(self, text: str) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(self.path)
        self.look()
        self.look()

    @property
    def in_force(self) -> str:
        kept = self.world.store.last_good()
        assert kept is not None
        assert self.file.current().digest == kept.digest
        return kept.text

    @property
    def asked(self) -> Request:
        """The request for what is held."""
        number, hold = held(self.world.store)
        assert hold.digest
        found = self.world.store.filed(f"application:Countersign itself:{number}")
        assert found is not None
        return found

    def accept(self, *people: str) -> None:
        for who in people:
            self.world.press(who, self.asked)
        self.look()


__all__ = ["cloud", "wire"]


@pytest.fixture
def office(tmp_path: Path, wire: Wire) -> Iterator[Office]:
    made = Office(tmp_path, wire)
    yield made
    # Whatever a test let happen, each record holds against its chain.
    assert list(Inspection(made.world.store).faults()) == []
    made.world.close()


def test_a_looser_file_is_not_in_force_before_anybody_accepted_it(office: Office) -> None:
    office.write(LOOSE)
    for _ in range(3):
        assert not office.look()
    assert office.in_force == TIGHT
    assert "roles/run.developer" not in str(office.world.file(ALICE).terms.targets)


def test_one_of_two_is_not_enough(office: Office) -> None:
    office.write(LOOSE)
    for _ in range(2):
        office.accept(BOB)
        assert office.in_force == TIGHT


def test_two_of_the_policy_in_force_put_it_in_force_once(office: Office) -> None:
    office.write(LOOSE)
    asked = office.asked
    office.accept(BOB, CAROL)
    assert office.in_force == LOOSE
    assert office.world.read(asked).state == "used"
    assert [entry.action for entry in office.world.store.entries("")][-3:] == [
        "policy.held",
        "policy.loaded",
        "policy.closed",
    ]
    # Back to the narrower one, and to the looser one again: that is asked anew.
    office.write(TIGHT)
    assert office.in_force == TIGHT
    office.write(LOOSE)
    assert office.in_force == TIGHT
    assert office.asked.id != asked.id


def test_nobody_accepts_who_may_only_by_the_policy_that_is_held(office: Office) -> None:
    office.write(OTHERS)
    for who in (ALICE, DAN, GWEN):
        with refused("not_approver"):
            office.world.press(who, office.asked)
    assert office.in_force == TIGHT


def test_one_person_with_two_accounts_is_one(office: Office) -> None:
    office.write(TIGHT.replace("aliases: {alice@", "aliases: {bob@example.com: [b.baker@example.com], alice@"))
    # More accounts for one person may mean fewer people: held as well, and accepted by two.
    office.accept(BOB, CAROL)
    assert "b.baker" in office.in_force

    one, two = "roles: [roles/run.admin]", "roles: [roles/run.admin, roles/run.developer]"
    office.write(office.in_force.replace(one, two))
    office.world.people.join("b.baker@example.com")
    office.accept(BOB, "b.baker@example.com")
    assert "roles/run.developer" not in office.in_force


def test_what_was_accepted_of_one_file_says_nothing_of_another(office: Office) -> None:
    office.write(LOOSE)
    first = office.asked
    office.world.press(BOB, first)
    office.write(LOOSER)
    assert office.world.read(first).state == "withdrawn"
    assert office.asked.reviews == ()
    office.accept(CAROL)
    assert office.in_force == TIGHT


def test_a_file_that_is_written_after_it_was_accepted_is_not_taken_by_that(office: Office) -> None:
    """Between the last vote and the next look at the file somebody writes another one."""
    office.write(LOOSE)
    first = office.asked
    office.world.press(BOB, first)
    office.world.press(CAROL, first)
    assert office.world.read(first).state == "approved"
    office.write(LOOSER)
    assert office.in_force == TIGHT
    assert office.world.read(first).state != "used"


def test_a_denial_ends_it_and_the_file_stays_held(office: Office) -> None:
    office.write(LOOSE)
    office.world.press(BOB, office.asked, "deny", comment="No")
    for _ in range(3):
        office.look()
    office.start()
    office.look()
    assert office.in_force == TIGHT
    assert office.asked.state == "denied"


@pytest.mark.parametrize("back", [TIGHT, "nonsense: ["], ids=["as it was", "broken"])
def test_a_file_that_is_taken_back_is_asked_for_no_more(office: Office, back: str) -> None:
    office.write(LOOSE)
    asked = office.asked
    office.write(back)
    assert office.world.read(asked).state == "withdrawn"
    assert office.file.held == ""
    assert office.in_force == TIGHT


def test_narrowing_is_in_force_at_once_also_while_something_is_held(office: Office) -> None:
    office.write(LOOSE)
    asked = office.asked
    office.write(NARROW)
    assert office.in_force == NARROW
    assert office.world.read(asked).state == "withdrawn"


def test_a_file_that_is_both_is_held_whole_and_the_log_says_so(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.write(MIXED)
    assert office.in_force == TIGHT
    assert "some of it is narrower, and waits with the rest" in caplog.text
    assert office.asked.action is not None
    # What is looser stands first.
    labels = [each.label for each in office.asked.action.parameters][3:]
    assert labels == ["Looser", "Narrower"]


def test_it_is_held_over_a_restart_with_the_same_request(office: Office) -> None:
    office.write(LOOSE)
    asked = office.asked
    office.start()
    office.look()
    assert office.in_force == TIGHT
    assert office.asked.id == asked.id
    office.accept(BOB, CAROL)
    assert office.in_force == LOOSE


def test_a_file_that_became_looser_while_nothing_ran_is_held_from_the_first_question_on(office: Office) -> None:
    office.path.write_text(LOOSE)
    fresh = PolicyFile(office.path, store=office.world.store, clock=office.world.clock)
    assert fresh.current().digest == digest_of(TIGHT)


def test_another_process_takes_what_was_accepted_and_keeps_what_was_not(office: Office) -> None:
    office.write(LOOSE)
    other = PolicyFile(office.path, store=office.world.store, clock=office.world.clock)
    other.join(office.world.core(policy=other.current).changing)
    other.refresh()
    assert other.current().digest == digest_of(TIGHT)
    office.accept(BOB, CAROL)
    assert other.refresh()
    assert other.current().digest == digest_of(LOOSE)


def test_what_was_accepted_instead_of_one_policy_is_not_taken_instead_of_another(
    office: Office, tmp_path: Path
) -> None:
    """A second process with a narrower file is first: what is held is compared anew, and asked anew."""
    office.write(LOOSE)
    first = office.asked
    office.world.press(BOB, first)
    office.world.press(CAROL, first)
    narrow = tmp_path / "narrow.yaml"
    narrow.write_text(NARROW)
    other = PolicyFile(narrow, store=office.world.store, clock=office.world.clock)
    other.record()
    office.look()
    office.look()
    assert office.in_force == NARROW
    assert office.asked.id != first.id


def test_in_a_freeze_nobody_is_asked_and_nothing_is_taken(office: Office) -> None:
    freeze(office.world.store, by="operator", why=None, now=NOW)
    office.write(LOOSE)
    assert held(office.world.store)[1].digest == digest_of(LOOSE)
    office.look()
    thaw(office.world.store, by="operator", why=None, now=NOW)
    office.look()
    office.world.press(BOB, office.asked)
    freeze(office.world.store, by="operator", why=None, now=NOW)
    with refused("frozen"):
        office.world.press(CAROL, office.asked)
    office.look()
    assert office.in_force == TIGHT


def test_whoever_asks_whether_all_is_well_hears_that_something_is_held_and_no_names(office: Office) -> None:
    assert office.file.held == ""
    office.write(LOOSE)
    assert office.file.held.startswith("a looser policy is held since 2026-")
    assert "@" not in office.file.held


def test_the_first_policy_of_a_store_is_taken_and_the_log_says_that_nobody_was_asked(
    tmp_path: Path, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    office = Office(tmp_path, wire)
    assert office.in_force == TIGHT
    assert "it is the first one of this store: nobody was asked to accept it" in caplog.text
    office.world.close()
