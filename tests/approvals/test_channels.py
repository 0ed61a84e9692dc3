"""Two channels, one request: the channel that proved a vote answers for it when it is counted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.identities import Entrance, Identity, UnknownChannel
from approvals.people.accounts import How, Purpose
from approvals.policy.reading.parse import parse
from approvals.refusals.errors import Unavailable
from approvals.reviews import Review
from tests.support.direct import Wire
from tests.support.doubles import TEAM, Clock
from tests.support.doubles import ref as slack_ref
from tests.support.firsts import sqlite_of_first_release
from tests.support.lobby import BADGE, Visitor
from tests.support.world import ALICE, BOB, CAROL, DAN, World, refused


def at_the_counter(world: World, person: str, how: How = BADGE, *, purpose: Purpose = "decide") -> Identity:
    """A person as the lobby authenticates them now."""
    return world.accounts.entrance("lobby").identify(
        world.lobby.enter(person, how), purpose=purpose, now=world.clock()
    )


def by_pigeon(world: World) -> Visitor:
    """An account of a channel that this service does not have."""
    return msgspec.structs.replace(world.lobby.enter(CAROL), ref=f"pigeon:{CAROL}")


# --- at the door


@pytest.mark.parametrize("purpose", ["request", "decide"])
def test_nobody_gets_in_by_a_channel_that_this_service_does_not_have(world: World, purpose: Purpose) -> None:
    with pytest.raises(UnknownChannel, match="pigeon"):
        world.accounts.entrance("lobby").identify(by_pigeon(world), purpose=purpose, now=world.clock())


@pytest.mark.parametrize("purpose", ["request", "decide"])
@pytest.mark.parametrize(
    "ref",
    [f"slack:{TEAM}/UCAROL", f"Lobby:{CAROL}", f"lobby2:{CAROL}", f" lobby:{CAROL}", CAROL, "", ":", "lobby"],
)
def test_a_channel_hands_over_no_account_but_its_own(world: World, ref: str, purpose: Purpose) -> None:
    """What the lobby says of somebody would be held against the rules of another channel when it is counted."""
    visitor = msgspec.structs.replace(world.lobby.enter(CAROL), ref=ref)
    lobby = world.accounts.entrance("lobby")

    with pytest.raises(UnknownChannel, match="lobby does not answer"):
        lobby.identify(visitor, purpose=purpose, now=world.clock())
    with pytest.raises(UnknownChannel, match="lobby does not answer"):
        lobby.account(ref, timeout=1)


def test_a_channel_answers_with_no_account_of_another_when_votes_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So no vote is held against rules under which it was not cast."""
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, BOB), request)
    monkeypatch.setattr(
        world.lobby, "account", lambda ref, *, timeout: world.people.account(slack_ref(BOB), timeout=timeout)
    )
    world.restart()

    world.press(CAROL, request)

    assert world.read(request).state == "pending"
    with pytest.raises(UnknownChannel, match="lobby does not answer"):
        world.accounts.account(f"lobby:{BOB}", timeout=1)


def test_nobody_but_the_router_makes_an_entrance(world: World) -> None:
    with pytest.raises(TypeError):
        Entrance(object(), "slack", accounts=world.lobby, rules=lambda: world.policy.identity)
    with pytest.raises(UnknownChannel):
        world.accounts.entrance("pigeon")


@pytest.mark.parametrize("ref", ["pigeon:bob", "slack", "", "Slack:T0123ABCD/UBOB", ":slack:T0123ABCD/UBOB"])
def test_a_reference_of_no_channel_is_an_error_and_not_an_account_that_is_gone(world: World, ref: str) -> None:
    with pytest.raises(UnknownChannel):
        world.accounts.account(ref, timeout=1)


def test_a_channel_lets_in_only_whom_its_own_rules_let(world: World) -> None:
    with refused("badge"):
        at_the_counter(world, CAROL, How(amr=("pwd",)))
    assert at_the_counter(world, CAROL, How(amr=("pwd",)), purpose="request").principal == CAROL


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("carol@example.net", "foreign_domain"),
        ("robot@shop.iam.gserviceaccount.com", "service_account"),
        ("", "address"),
    ],
)
def test_what_the_policy_says_of_addresses_holds_for_every_channel(world: World, person: str, code: str) -> None:
    with refused(code):
        at_the_counter(world, person)


def test_what_a_channel_said_a_while_ago_lets_nobody_in(world: World) -> None:
    visitor = world.lobby.enter(CAROL)
    world.clock.advance(61)

    with pytest.raises(Unavailable):
        world.accounts.entrance("lobby").identify(visitor, purpose="decide", now=world.clock())


# --- a whole request


def test_a_request_is_approved_by_one_vote_of_each_channel(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.press(BOB, request)
    assert world.read(request).state == "pending"

    world.vote(at_the_counter(world, CAROL), request)

    approved = world.read(request)
    assert approved.state == "approved"
    assert approved.decision is not None
    assert approved.decision.by == (BOB, CAROL)
    assert [(vote.channel, vote.account, vote.how.amr) for vote in approved.reviews] == [
        ("slack", "slack:T0123ABCD/UBOB", ()),
        ("lobby", f"lobby:{CAROL}", ("hwk",)),
    ]
    world.pass_()
    assert world.state(request) == "active"


def test_who_asked_at_the_counter_is_asked_for_there_when_it_is_approved(world: World) -> None:
    lobby = at_the_counter(world, ALICE, How(), purpose="request")
    request = world.file_by(lobby, "pair")
    world.press(BOB, request)
    world.lobby.left.add(ALICE)
    world.clock.advance(61)

    with refused("inactive"):
        world.press(CAROL, request)

    world.lobby.left.clear()
    world.clock.advance(61)
    assert world.press(CAROL, request).request.state == "approved"


# --- the count at the approval


def test_a_vote_of_the_other_channel_is_counted_again_by_what_was_kept_of_its_proof(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, CAROL), request)
    world.clock.advance(600)

    world.press(BOB, request)

    assert world.lobby.account(f"lobby:{CAROL}", timeout=1).how == How()
    assert world.read(request).state == "approved"


def test_a_vote_whose_account_its_channel_does_not_know_any_more_counts_no_more(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, CAROL), request)
    world.lobby.left.add(CAROL)
    world.clock.advance(61)

    world.press(BOB, request)
    assert world.read(request).state == "pending"

    world.press(DAN, request)
    assert world.read(request).decision.by == (BOB, DAN)  # type: ignore[union-attr]


def test_a_vote_whose_channel_does_not_answer_waits_and_is_counted_when_it_does(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, CAROL), request)
    world.clock.advance(61)
    world.lobby.down = True

    world.press(BOB, request)
    assert world.read(request).state == "pending"

    world.lobby.down = False
    world.clock.advance(61)
    world.pass_()
    assert world.read(request).state == "approved"


def test_a_vote_of_a_channel_that_was_taken_away_waits_for_it_and_is_not_left_out_in_silence(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    request = world.file(ALICE, "pair")
    world.vote(at_the_counter(world, CAROL), request)
    del world.channels["lobby"]
    world.restart()

    world.press(BOB, request)

    assert world.read(request).state == "pending"
    assert "no channel here answers for the account 'lobby:carol@example.com'" in caplog.text
    assert "Traceback" not in caplog.text
    world.channels["lobby"] = world.lobby
    world.restart()
    world.clock.advance(61)
    world.pass_()
    assert world.read(request).state == "approved"


def test_one_person_counts_once_through_two_channels(world: World) -> None:
    request = world.file(ALICE, "pair")
    world.press(CAROL, request)

    assert world.vote(at_the_counter(world, CAROL), request).repeated
    assert world.read(request).state == "pending"


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_nobody_decides_at_the_counter_what_they_asked_for_in_slack(world: World, verdict: str) -> None:
    request = world.file(BOB, "pair")

    with refused("self"):
        world.vote(at_the_counter(world, BOB), request, verdict)  # type: ignore[arg-type]


# --- what is kept


def test_what_was_known_of_a_proof_is_in_the_chain(world: World) -> None:
    request = world.file(ALICE, "pair")
    how = How(
        amr=("pwd", "hwk"),
        acr="loa3",
        levels=("corp",),
        auth_time=world.clock() - timedelta(hours=1),
        read_at=world.clock(),
    )
    world.vote(at_the_counter(world, CAROL, how), request)

    entry = list(world.store.entries(request.id))[-1]
    assert entry.detail["how"] == {
        "amr": ["pwd", "hwk"],
        "acr": "loa3",
        "levels": ["corp"],
        "auth_time": "2026-11-22T09:00:00Z",
        "read_at": "2026-11-22T10:00:00Z",
    }
    assert world.read(request).reviews[0].how == how


def test_a_vote_of_the_first_release_reads_as_one_that_slack_proved() -> None:
    kept = b"""{"person":"bob@example.com","verdict":"approve","at":"2026-11-22T10:00:00Z","channel":"slack",
        "account":"slack:T0123ABCD/UBOB","jti":"j"}"""

    review = msgspec.json.decode(kept, type=Review)

    assert (review.account, review.how) == ("slack:T0123ABCD/UBOB", How())


@pytest.mark.parametrize(("active", "state"), [(False, "pending"), (True, "approved")])
def test_a_vote_in_a_store_of_the_first_release_is_counted_as_slack_answers_for_it_now(
    tmp_path: Path, wire: Wire, *, active: bool, state: str
) -> None:
    asked = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
    sqlite_of_first_release(tmp_path / "old.db")
    store = open_sqlite(tmp_path / "old.db", now=asked)
    world = World(tmp_path, granter=wire, store=store, clock=Clock(asked))
    kept = store.last_good()
    assert kept is not None
    world.policy = parse(kept.text, source=kept.source)
    world.people.join(BOB, active=active)
    (request,) = [each for each in store.pending(limit=10) if each.reviews]

    world.press(CAROL, request, printed_name="Carol", meaning="I approve")

    # Without bob's vote carol's is the first stage's, and the second has none.
    assert world.read(request).state == state
    world.close()
