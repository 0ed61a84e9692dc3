"""A looser policy in words: the service asks for it, and nobody reads of an address that is nobody's."""

from typing import Any

import msgspec
import pytest

from approvals.auditing.story import Happening
from approvals.chaining import SERVICE
from approvals.people.principals import ITSELF
from approvals.policy import itself
from approvals.policy.model import Requirement, Stage
from approvals.requests import Decision, Request, Use
from approvals.targets import ActionCall
from approvals.telling.cards import Card
from approvals.votes.counting import StageTally
from approvals.votes.tally import Tally
from handlers.wording.acting import notes
from handlers.wording.effects import effect
from handlers.wording.facts import brief_of, facts_of
from handlers.wording.history.story import moment
from handlers.wording.listing import past, waiting
from handlers.wording.standing import standing
from handlers.wording.text.lines import plain
from tests.support.builders import NOW, action_terms, filed

CAROL = "carol@example.com"
CALL = ActionCall(application=itself.APPLICATION, action=itself.ACTION, parameters=())
ASKED = filed(
    requester=ITSELF,
    terms=action_terms(
        entitlement=itself.ACTION, title="Put a looser policy in force", targets=(CALL,), person=itself.PERSON
    ),
).request
ACCEPTED = Decision(outcome="approved", at=NOW, by=(CAROL,))
WITHDRAWN = Decision(outcome="withdrawn", at=NOW, by=(f"application:{itself.APPLICATION}",))
FORCED = msgspec.structs.replace(WITHDRAWN, reason=itself.FORCED)


def become(**changes: Any) -> Request:
    return msgspec.structs.replace(ASKED, **changes)


STANDS = {
    "waits": (
        ASKED,
        "Waiting for approval",
        "The policy in force stays until enough people have accepted this one.",
    ),
    "accepted": (
        become(state="approved", decision=ACCEPTED),
        "Accepted, being put in force",
        "Enough people accepted it: Countersign puts it in force by itself, within seconds.",
    ),
    "in force": (
        become(state="used", decision=ACCEPTED, used=Use(key="c-1", by=itself.APPLICATION, at=NOW)),
        "Accepted and put in force",
        "Countersign put this policy in force 2026-",
    ),
    "taken back": (
        become(state="withdrawn", decision=WITHDRAWN),
        "Withdrawn",
        "Countersign took this back: the policy file, or the policy in force, is another one by now.",
    ),
    "forced": (
        become(state="withdrawn", decision=FORCED),
        "Withdrawn",
        "Nobody accepted it, and it came into force all the same: an operator put it there by break-glass.",
    ),
}


@pytest.mark.parametrize("case", STANDS)
def test_how_it_stands_is_said_of_a_policy_and_not_of_an_application(case: str) -> None:
    request, words, meaning = STANDS[case]
    found = standing(request)

    assert found.words == words
    assert plain(found.meaning).startswith(meaning)
    assert f"{request.terms.title}, asked for by Countersign itself " in plain(past(request, kept=()))
    assert ITSELF not in plain(past(request, kept=()))


def test_whoever_is_asked_reads_who_asks_and_that_nobody_knows_who_wrote_it() -> None:
    card = Card(request=ASKED, tally=tally(needed=1))
    assert "does not know who wrote it: the address of whom it is on behalf of is nobody's." in " ".join(
        map(plain, notes(card))
    )
    brief = plain(brief_of(ASKED, tuple(facts_of(card))))

    assert brief == "Put a looser policy in force · Countersign itself"
    assert plain(waiting(ASKED)).startswith("Put a looser policy in force, asked for by Countersign itself. ")


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        (1, "Approve puts this policy in force, within seconds."),
        (2, "Approve changes nothing yet: after yours it still needs 1 more approval by sre."),
    ],
)
def test_what_a_vote_does_is_said_of_the_policy(needed: int, said: str) -> None:
    assert plain(effect(Card(request=ASKED, tally=tally(needed=needed)))) == said


def test_of_what_was_erased_it_says_when() -> None:
    gone = Card(request=become(state="withdrawn", decision=WITHDRAWN, erased=NOW), tally=tally(needed=1))

    assert f"What else stood here was erased on {NOW:%Y-%m-%d}." in [plain(each) for each in notes(gone)]


def test_its_story_says_that_nobody_accepted_what_is_in_force() -> None:
    happening = Happening(at=NOW, by=SERVICE, action="request.withdrawn", detail={"reason": itself.FORCED})

    assert "by break-glass" in plain(moment(ASKED, happening, None).sentence)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("request.filed", "Countersign read a looser policy file, and asked whether it may come into force."),
        (
            "request.approved",
            f"The approval of {CAROL} was enough. Countersign puts the policy in force by itself.",
        ),
        ("request.used", "Countersign put the policy in force."),
        ("request.withdrawn", "Countersign took this back: "),
    ],
)
def test_its_story_names_the_file_and_no_application(action: str, said: str) -> None:
    happening = Happening(
        at=NOW, by=SERVICE, action=action, detail={"by": [CAROL], "use_by": "2026-11-29T12:00:00Z"}
    )

    assert plain(moment(ASKED, happening, None).sentence).startswith(said)


def tally(*, needed: int) -> Tally:
    stage = Stage(approvers=("group:sre",), needed=needed)
    held = StageTally(counted=(), unknown=(), needed=needed)
    return Tally(requirement=Requirement(kind="stages", stages=(stage,)), stages=(held,))
