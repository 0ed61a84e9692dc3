"""An application's action in Slack: its person confirms, its approvers decide and revoke, and nobody else does."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.people.persons import OnBehalf
from approvals.policy.model import Action, Parameter, Requirement, Stage
from approvals.policy.parties import Application, Brings, Issuer
from approvals.ports.messages import ToPerson
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.revisions import Less
from approvals.targets import Given
from approvals.uses.errands import Errand
from approvals.uses.votes import Shown
from sandbox.slack.records import Message
from tests.handlers.slack.bed import Bed
from tests.support.shown import buttons, view_words, words

SHOP = Application(id="shop", title="The shop", brings=(Brings(issuer="staff", audience=("a",)),), may_assert=True)
REFUND = Action(
    id="refund",
    application="shop",
    title="Refund a payment",
    parameters=(Parameter(name="amount", label="Amount", type="money"),),
    requesters=("domain:example.com",),
    requirement=Requirement(kind="stages", stages=(Stage(approvers=("user:bob@example.com",)),)),
    pending=timedelta(hours=1),
)
PROVEN = OnBehalf(principal="alice@example.com", proven="token", issuer="staff", subject="00u1")
ASSERTED = OnBehalf(principal="alice@example.com", proven="asserted")
LONG = '{"note":"' + "x" * 2_901 + '"}'


class Speaking(msgspec.Struct, frozen=True):
    application: Application = SHOP


def ask(bed: Bed, person: OnBehalf = PROVEN, *, data: str = "", action: Action = REFUND) -> Request:
    bed.policy = msgspec.structs.replace(
        bed.policy,
        issuers={"staff": Issuer(id="staff", issuer="https://login.example.com")},
        applications={"shop": SHOP},
        actions={action.id: action},
    )
    amount = Given(name="amount", label="Amount", type="money", value="250.00 EUR")
    errand = Errand(action="refund", parameters=(amount,), data=data)
    return bed.uses.acting.ask(Speaking(), errand, person, key="k", reason="It broke.", now=bed.clock())


def now(bed: Bed, request: Request) -> Request:
    return bed.store.request(request.id)


def to_alice(bed: Bed, request: Request) -> Message:
    """What alice gets as a direct message."""
    return bed.draw(request, to=ToPerson("alice@example.com"), kind="status", token="")


def approved(bed: Bed) -> Request:
    request = ask(bed)
    bed.press("bob", "approve", bed.draw(request))
    return now(bed, request)


def test_nobody_is_sent_the_salt_of_its_digest(bed: Bed) -> None:
    request = ask(bed)
    sent = f"{bed.draw(request)} {to_alice(bed, request)}"

    assert "250.00 EUR" in sent
    assert request.terms.salt
    assert request.terms.salt not in sent


# --- confirming


def test_nobody_but_the_person_confirms(bed: Bed) -> None:
    request = ask(bed, ASSERTED)
    card = bed.draw(request, kind="status", token="")

    bed.press("bob", "confirm", card)

    assert "not yours to see" in bed.whispers("bob")[0]
    assert now(bed, request).confirmed is None


@pytest.mark.parametrize("changed", ["1 sha256:" + "0" * 64, "2 DIGEST", "x DIGEST", "DIGEST", ""])
def test_what_was_not_shown_is_not_confirmed(bed: Bed, changed: str) -> None:
    request = ask(bed, ASSERTED)
    card = to_alice(bed, request)
    for _, element in card.elements():
        if element["action_id"] == "confirm":
            element["value"] = f"{request.id} {changed}".replace("DIGEST", request.digest)

    bed.press("alice", "confirm", card)

    assert now(bed, request).confirmed is None


def test_the_person_confirms_in_a_direct_message_that_shows_all_of_it(bed: Bed) -> None:
    request = ask(bed, ASSERTED)
    card = to_alice(bed, request)
    assert buttons(card) == {"confirm", "withdraw"}
    assert "250.00 EUR" in words(card)
    assert "Waits for alice@example.com to confirm it" in words(card)
    assert buttons(bed.draw(request)) == set()

    assert bed.press("alice", "confirm", card).ok

    confirmed = now(bed, request).confirmed
    assert confirmed is not None
    assert confirmed.account.startswith("slack:")
    assert buttons(bed.draw(now(bed, request))) == {"approve", "remark", "deny"}
    assert "alice@example.com confirmed it" in words(bed.draw(now(bed, request)))


def test_what_does_not_fit_is_confirmed_and_approved_on_its_page_alone(bed: Bed) -> None:
    request = ask(bed, ASSERTED, data=LONG)

    assert buttons(to_alice(bed, request)) == {"withdraw"}  # without pages there is no link either
    assert "do not fit here" in words(to_alice(bed, request))


# --- deciding, and revoking


def test_a_forged_press_approves_nothing_that_its_card_does_not_show_whole(bed: Bed) -> None:
    request, small = ask(bed, data=LONG), None
    card = bed.draw(request)
    assert "approve" not in buttons(card)
    for _, element in card.elements():
        if element["action_id"] == "deny":
            small = element
    assert small is not None
    small["action_id"] = "approve"

    bed.press("bob", "approve", card)

    assert "nobody approves what they have not seen whole" in bed.whispers("bob")[0]
    assert now(bed, request).reviews == ()


def test_nothing_less_than_an_action_is_offered(bed: Bed) -> None:
    request = ask(bed)
    card = bed.draw(request)
    (deny,) = [element for _, element in card.elements() if element["action_id"] == "deny"]
    deny["action_id"] = "offer"

    bed.press("bob", "offer", card)

    assert "approved or denied as it is" in bed.whispers("bob")[0]
    shown = Shown(request=request.id, revision=request.revision, digest=request.digest)
    account = bed.people.by_email("bob@example.com", timeout=5)
    bob = bed.accounts.entrance("slack").identify(account, purpose="decide", now=bed.clock())
    with pytest.raises(Refused) as refused:
        bed.uses.countering.offer_on(bob, shown, Less(duration=timedelta(seconds=1)), now=bed.clock())
    assert refused.value.code == "counter.action"


@pytest.mark.parametrize("way", ["button", "command"])
def test_an_approver_revokes_what_was_not_used_and_says_why(bed: Bed, way: str) -> None:
    request = approved(bed)
    if way == "button":
        assert bed.press("bob", "end", bed.draw(request, token="")).ok
    else:
        assert bed.box.slack.command("bob", f"/jit end {request.id}").ok
    assert "Why do you revoke this approval?" in view_words(bed.box.slack.view("bob"))
    assert now(bed, request).state == "approved"

    assert bed.box.slack.submit("bob", {"reason": "Wrong order."}).ok

    lapsed = now(bed, request).lapsed
    assert lapsed is not None
    assert lapsed.why is not None
    told = words(bed.draw(now(bed, request), to=ToPerson("alice@example.com"), kind="step", step="lapsed"))
    assert "It was revoked before it was used: the request that shop made on your behalf" in told
    assert "Wrong order." in told


def test_whoever_decides_nothing_of_it_revokes_nothing(bed: Bed) -> None:
    request = approved(bed)
    bed.policy = msgspec.structs.replace(bed.policy, administrators=())

    bed.press("carol", "end", bed.draw(request, token=""))

    assert "not an approver" in bed.whispers("carol")[0]
    assert now(bed, request).state == "approved"


def test_what_was_used_cannot_be_revoked(bed: Bed) -> None:
    request = approved(bed)
    card = bed.draw(request, token="")
    amount = Given(name="amount", label="Amount", type="money", value="250.00 EUR")
    errand = Errand(action="refund", parameters=(amount,))
    bed.uses.acting.consume(Speaking(), request.id, errand, key="u", now=bed.clock())

    bed.press("bob", "end", card)

    assert now(bed, request).state == "used"
    assert bed.whispers("bob")


@pytest.mark.parametrize("words_", ["mine", "pending", "why refund", "why"])
def test_commands_say_what_applications_ask_for(bed: Bed, words_: str) -> None:
    request, who = ask(bed), "bob" if words_ == "pending" else "alice"

    outcome: Any = bed.box.slack.command(who, f"/jit {words_}")

    assert outcome.ok
    if words_ != "why":
        assert "Refund a payment" in outcome.body
    assert (request.id in outcome.body) == (words_ in ("mine", "pending"))
