"""The facts of a request: how long it was asked for, and how long access lasted."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.grants import Window
from approvals.people.accounts import How
from approvals.policy.model import Requirement
from approvals.requests import Decision
from approvals.reviews import typed
from approvals.telling.cards import Card, Unmailed
from approvals.votes.tally import Tally
from handlers.slack.markup import marked
from handlers.wording.standing import standing
from handlers.wording.steps import step
from handlers.wording.text.lines import Exact, plain
from handlers.wording.views import view
from tests.support.builders import NOW, filed, grant, review

APPROVED = Decision(outcome="approved", at=NOW, by=("bob@example.com",))
HALF_A_MINUTE = Window(start=NOW, end=NOW + timedelta(seconds=30))


def card(*, unmailed: Unmailed | None = None, **changes: Any) -> Card:
    none = Requirement(kind="self")
    request = filed(**changes).request
    return Card(request=request, tally=Tally(requirement=none, stages=()), unmailed=unmailed)


def granted(state: Any, **changes: Any) -> Card:
    return card(state="approved", decision=APPROVED, grant=grant(state, **changes))


def how_long(shown: Card) -> str:
    (said,) = (plain(fact.value) for fact in view(shown).facts if fact.label == "How long")
    return said


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (How(), "bob@example.com approved 2026-11-22 10:00 UTC"),
        (How(read_at=NOW, levels=("corp",)), "bob@example.com approved 2026-11-22 10:00 UTC"),
        (
            How(read_at=NOW, auth_within=5400),
            "bob@example.com approved 2026-11-22 10:00 UTC (signed in within 1 hour, 30 minutes before)",
        ),
        (
            How(read_at=NOW, auth_time=NOW - timedelta(minutes=7)),
            "bob@example.com approved 2026-11-22 10:00 UTC (signed in 2026-11-22 09:53 UTC)",
        ),
    ],
)
def test_when_a_voter_had_signed_in_is_said_where_it_is_known(how: How, said: str) -> None:
    (line,) = view(card(reviews=(review(how=how),))).reviews
    assert plain(line) == said


def test_who_what_where_and_how_long_stand_in_that_order_by_address_and_id() -> None:
    facts = [(fact.label, plain(fact.value)) for fact in view(card()).facts]

    assert facts == [
        ("Who", "alice@example.com"),
        ("What", "Cloud Run Admin roles/run.admin (can outlast its window)"),
        ("Where", "projects/payments-prod"),
        ("How long", "1 hour"),
    ]


def test_what_waits_says_when_the_request_expires() -> None:
    assert plain(view(card()).footer).endswith(
        " for Payments administration payments-admin, filed 2026-11-22 10:00 UTC under policy aaaaaaaa,"
        " expires unless decided by 2026-11-22 18:00 UTC"
    )


@pytest.mark.parametrize("outcome", ["denied", "withdrawn", "expired"])
def test_what_came_to_nothing_says_what_was_asked(outcome: Any) -> None:
    decision = Decision(outcome=outcome, at=NOW, by=("bob@example.com",))

    assert how_long(card(state=outcome, decision=decision)) == "1 hour"


def test_access_that_could_not_be_made_says_only_what_was_asked() -> None:
    assert how_long(granted("failed", closed_at=NOW, cause="no such role")) == "1 hour"


@pytest.mark.parametrize("changes", [{}, {"closed_at": NOW + timedelta(hours=1, seconds=7), "cause": "time"}])
def test_access_that_lasts_its_whole_time_says_so(changes: dict[str, Any]) -> None:
    said = how_long(granted("ended" if changes else "active", **changes))

    assert said == "1 hour: 2026-11-22 10:00 UTC to 2026-11-22 11:00 UTC"


@pytest.mark.parametrize("state", ["ended", "revoked"])
def test_access_that_ended_early_says_what_was_asked_and_what_it_was(state: Any) -> None:
    said = how_long(granted(state, closed_at=NOW + timedelta(minutes=20), cause="holder"))

    assert said == "1 hour asked: 2026-11-22 10:00 UTC to 2026-11-22 10:20 UTC"


def test_access_that_ended_within_minutes_says_the_seconds() -> None:
    said = how_long(granted("ended", closed_at=NOW + timedelta(seconds=42), cause="holder"))

    assert said == "1 hour asked: 2026-11-22 10:00:00 UTC to 2026-11-22 10:00:42 UTC"


def test_the_end_of_short_access_is_said_to_the_second() -> None:
    short = msgspec.structs.replace(grant("active"), window=HALF_A_MINUTE)
    shown = card(state="approved", decision=APPROVED, grant=short)

    assert plain(standing(shown.request).meaning) == "Access ends 2026-11-22 10:00:30 UTC."
    assert " until 2026-11-22 10:00:30 UTC. " in plain(step("active", shown).sentence)


def test_slack_shows_such_an_end_with_its_seconds_in_each_reader_s_time() -> None:
    stamp = int(NOW.timestamp())

    assert marked((NOW,)) == f"<!date^{stamp}^{{date_short_pretty}} at {{time}}|2026-11-22 10:00 UTC>"
    assert (
        marked((Exact(NOW),)) == f"<!date^{stamp}^{{date_short_pretty}} at {{time_secs}}|2026-11-22 10:00:00 UTC>"
    )


def test_what_was_asked_for_before_is_said_and_what_there_is_already() -> None:
    waits = msgspec.structs.replace(card(), before=filed("r-0000000000").request)
    stands = msgspec.structs.replace(card(), before=filed("r-0000000000", state="approved", grant=grant()).request)

    assert plain(view(waits).before) == "Asked for before, and still waiting: r-0000000000."
    assert (
        plain(view(stands).before)
        == "alice@example.com has this already until 2026-11-22 11:00 UTC (r-0000000000)."
    )


@pytest.mark.parametrize("state", ["active", "ended", "revoked", "failed"])
def test_who_approved_is_said_once_beside_the_votes_themselves(state: Any) -> None:
    shown = view(granted(state, cause="holder"))

    said = [plain(shown.meaning), *map(plain, shown.approvals)]
    assert " ".join(said).lower().count("approved by bob@example.com") == 1


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("approve", " approved "), ("deny", " denied "), ("take_back", " took the approval back ")],
)
def test_whoever_voted_is_named_as_the_account_shows(verdict: Any, said: str) -> None:
    voted = card(reviews=(review("bob@example.com", verdict=verdict),))
    (line,) = view(msgspec.structs.replace(voted, names={"bob@example.com": "Bob Berg"})).reviews

    assert plain(line).startswith(f"bob@example.com (Bob Berg){said}")


@pytest.mark.parametrize(
    ("unmailed", "said"),
    [
        (None, []),
        (
            Unmailed(unknown=("group:sre@example.com", "domain:example.com"), more=0),
            ["no mail goes to sre@example.com or anyone at example.com, whose people could not be listed"],
        ),
        (Unmailed(unknown=(), more=3), ["3 more people get no mail, which goes to 20 at most"]),
    ],
)
def test_whom_mail_leaves_out_is_said_while_a_request_waits(unmailed: Unmailed | None, said: list[str]) -> None:
    shown = [plain(line) for line in view(card(unmailed=unmailed)).approvals]
    assert [line for line in shown if "mail" in line] == said

    over = msgspec.structs.replace(granted("active"), unmailed=unmailed)
    assert not [line for line in view(over).approvals if "no mail" in plain(line)]


def test_who_asked_is_told_whose_mail_was_refused_and_what_to_do() -> None:
    told = plain(step("unmailed:bob@example.com", card()).sentence)
    assert told.startswith("A mail server refused the mail that asks bob@example.com about your request for ")
    assert "Tell them yourself" in told


@pytest.mark.parametrize(("name", "state"), [("active", "active"), ("scheduled", "scheduled")])
def test_who_gets_access_reads_what_was_added_to_the_approval_that_decided(name: str, state: Any) -> None:
    """No other message tells them of that vote."""
    first = review("dan@example.com", comment=typed("Fine.", salt="1"))
    last = review(comment=typed("Tell ops before.", salt="2"))
    told = step(name, card(state="approved", decision=APPROVED, grant=grant(state), reviews=(first, last)))
    silent = step(name, card(state="approved", decision=APPROVED, grant=grant(state), reviews=(first, review())))

    assert (told.title, plain(told.quote)) == ("Comment by bob@example.com", "Tell ops before.")
    assert silent.quote == ()
