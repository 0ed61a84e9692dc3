"""Several calls of an agent's tool by one approval, in Slack: by buttons of its own, where that is offered."""

from datetime import timedelta

import msgspec
import pytest

from approvals.people.persons import OnBehalf
from approvals.policy.called import called
from approvals.policy.model import Action
from approvals.policy.parties import Issuer
from approvals.policy.tools import CallWindow
from approvals.requests import Request
from approvals.uses.errands import Errand
from sandbox.slack.records import Message
from tests.handlers.slack.bed import Bed
from tests.handlers.slack.test_acting import ASSERTED, PROVEN, SHOP, Speaking, now, to_alice
from tests.support.agents import DEFINITION, DELETE
from tests.support.shown import buttons, view_words, words

AGENT = msgspec.structs.replace(SHOP, id="assistant", title="Coding assistant", agent=True)
STAGE = msgspec.structs.replace(DELETE.requirement.stages[0], approvers=("user:bob@example.com",))
ONE = msgspec.structs.replace(
    DELETE, requirement=msgspec.structs.replace(DELETE.requirement, stages=(STAGE,)), guardrails=()
)
SEVERAL = msgspec.structs.replace(ONE, window=CallWindow(lasts=timedelta(minutes=30), uses=20))


def ask(bed: Bed, person: OnBehalf = PROVEN, *, action: Action = SEVERAL) -> Request:
    bed.policy = msgspec.structs.replace(
        bed.policy,
        issuers={"staff": Issuer(id="staff", issuer="https://login.example.com")},
        applications={"assistant": AGENT},
        actions={action.id: action},
    )
    given = called({}, server="crm", name="delete_account", definition=DEFINITION, arguments={"account": "A-17"})
    errand = Errand(action=action.id, parameters=given)
    return bed.uses.acting.ask(Speaking(AGENT), errand, person, key=action.id, now=bed.clock())


def forged(card: Message, action: str, *, of: str) -> Message:
    """The card with a button that is called otherwise than it was drawn."""
    for _, element in card.elements():
        if element["action_id"] == of:
            element["action_id"] = action
    return card


def opened(bed: Bed, request: Request) -> int | None:
    window = now(bed, request).window
    return None if window is None else window.uses


@pytest.mark.parametrize("pressed", ["several", "sign_several"])
def test_a_button_of_its_name_opens_nothing_where_the_policy_offers_none(bed: Bed, pressed: str) -> None:
    request = ask(bed, action=ONE)
    card = bed.draw(request)
    assert "several" not in buttons(card)

    bed.press("bob", pressed, forged(card, pressed, of="approve"))

    assert "Several calls at once are not offered here" in bed.whispers("bob")[0]
    assert bed.box.slack.view("bob") is None
    assert (opened(bed, request), now(bed, request).state) == (None, "pending")


def test_nobody_but_an_approver_chooses_it(bed: Bed) -> None:
    request = ask(bed)

    bed.press("alice", "several", bed.draw(request))
    bed.press("carol", "several", bed.draw(request))

    assert now(bed, request).reviews == ()


def test_approve_is_for_the_one_call_and_the_button_beside_it_for_all(bed: Bed) -> None:
    for pressed, uses in (("approve", None), ("several", 20)):
        request = ask(bed, action=msgspec.structs.replace(SEVERAL, id=f"delete-{pressed}"))
        card = bed.draw(request)
        assert "Approve 20 calls in 30 minutes" in words(card)

        assert bed.press("bob", pressed, card).ok

        assert (now(bed, request).state, opened(bed, request)) == ("approved", uses)


def test_whom_the_agent_names_chooses_it_by_a_button_of_their_own(bed: Bed) -> None:
    request = ask(bed, ASSERTED)
    assert {"confirm", "confirm_several"} <= buttons(to_alice(bed, request))

    assert bed.press("alice", "confirm_several", to_alice(bed, request)).ok

    confirmed = now(bed, request).confirmed
    assert confirmed is not None
    assert confirmed.window
    bed.press("bob", "several", bed.draw(now(bed, request)))
    assert opened(bed, request) == 20


def test_the_form_of_a_signature_says_what_is_signed_for_and_nothing_of_the_other_choice(bed: Bed) -> None:
    stage = msgspec.structs.replace(STAGE, sign="typed")
    signed = msgspec.structs.replace(
        SEVERAL, requirement=msgspec.structs.replace(ONE.requirement, stages=(stage,))
    )
    card = bed.draw(ask(bed, action=signed))
    one = "lets the agent make exactly this call: once, within 10 minutes from then."
    several = (
        "lets the agent make 20 calls of this tool with any arguments, this one among them, within 30 minutes:"
    )

    assert bed.press("bob", "sign", card).ok
    said = view_words(bed.box.slack.view("bob"))
    assert f"Sign and approve {one}" in said
    assert "lets it make 20 calls" not in said

    assert bed.press("bob", "sign_several", card).ok
    said = view_words(bed.box.slack.view("bob"))
    assert f"Signing for all {several} only if everybody whose approval counts chooses that." in said
    assert one not in said


def test_the_form_of_a_comment_says_that_it_is_for_the_one_call(bed: Bed) -> None:
    assert bed.press("bob", "remark", bed.draw(ask(bed))).ok

    said = view_words(bed.box.slack.view("bob"))
    assert "Approve lets the agent make exactly this call: once, within 10 minutes from then." in said
    assert "lets it make 20 calls" not in said


def test_who_signs_for_several_before_others_is_told_that_nothing_is_allowed_yet(bed: Bed) -> None:
    stages = tuple(
        msgspec.structs.replace(STAGE, approvers=(f"user:{who}@example.com",), sign="typed")
        for who in ("bob", "carol")
    )
    two = msgspec.structs.replace(SEVERAL, requirement=msgspec.structs.replace(ONE.requirement, stages=stages))

    assert bed.press("bob", "sign_several", bed.draw(ask(bed, action=two))).ok

    said = view_words(bed.box.slack.view("bob"))
    assert "allows nothing yet: after yours it still needs" in said
    assert "lets the agent make" not in said


def test_approvers_read_which_choice_the_named_person_confirmed_and_are_offered_nothing_in_vain(bed: Bed) -> None:
    said = {
        "confirm": "alice@example.com confirmed this one call ",
        "confirm_several": "alice@example.com confirmed it for 20 calls ",
    }
    for pressed, sentence in said.items():
        request = ask(bed, ASSERTED, action=msgspec.structs.replace(SEVERAL, id=f"delete-{pressed}"))
        bed.press("alice", pressed, to_alice(bed, request))
        card = bed.draw(now(bed, request))
        offered = "Approve 20 calls in 30 minutes" in words(card)

        assert sentence in words(card)
        both = "Approve 20 calls in 30 minutes lets it make 20 calls of this tool with any arguments"
        assert (both in words(card)) == offered == (pressed == "confirm_several")
        assert {"approve", "deny"} <= buttons(card)


def test_a_button_for_several_approves_nothing_with_the_one_call_that_was_confirmed(bed: Bed) -> None:
    request = ask(bed, ASSERTED)
    bed.press("alice", "confirm", to_alice(bed, request))

    bed.press("bob", "several", forged(bed.draw(now(bed, request)), "several", of="approve"))

    assert "whom the agent names has confirmed this one call alone" in bed.whispers("bob")[0]
    assert (opened(bed, request), now(bed, request).state) == (None, "pending")


def test_a_card_says_which_word_of_an_argument_has_letters_that_may_deceive(bed: Bed) -> None:
    arguments = {"recipient": "p\u0430ypal"}
    given = called({}, server="crm", name="delete_account", definition=DEFINITION, arguments=arguments)
    ask(bed)
    errand = Errand(action=SEVERAL.id, parameters=given)
    request = bed.uses.acting.ask(Speaking(AGENT), errand, PROVEN, key="deceiving", now=bed.clock())

    assert "has Cyrillic and Latin letters, which may look alike: U+0430." in words(bed.draw(request))


def test_one_call_is_taken_and_two_are(bed: Bed) -> None:
    request = ask(bed)
    bed.press("bob", "several", bed.draw(request))
    assert "1 of 20 calls with any arguments is taken" in words(bed.draw(now(bed, request)))

    another = called({}, server="crm", name="delete_account", definition=DEFINITION, arguments={"account": "A-18"})
    errand = Errand(action=SEVERAL.id, parameters=another)
    bed.uses.acting.ask(Speaking(AGENT), errand, PROVEN, key="another", now=bed.clock())

    assert "2 of 20 calls with any arguments are taken" in words(bed.draw(now(bed, request)))


def test_who_approved_several_and_presses_approve_is_told_that_it_stands_for_several(bed: Bed) -> None:
    two = msgspec.structs.replace(STAGE, approvers=("user:bob@example.com", "user:carol@example.com"), needed=2)
    both = msgspec.structs.replace(SEVERAL.requirement, stages=(two,))
    request = ask(bed, action=msgspec.structs.replace(SEVERAL, requirement=both))
    bed.press("bob", "several", bed.draw(request))
    card = bed.draw(now(bed, request))
    assert "approved several calls" in words(card)

    bed.press("bob", "approve", card)

    assert "is for several calls. Take it back first" in bed.whispers("bob")[0]
    assert [each.window for each in now(bed, request).reviews] == [True]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("confirm_several", "confirm", "Your word stands, and is for several calls."),
        ("confirm", "confirm_several", "Your word stands, and is for this one call."),
    ],
)
def test_who_confirmed_one_choice_and_presses_the_other_is_told_what_stands(
    bed: Bed, first: str, second: str, said: str
) -> None:
    request = ask(bed, ASSERTED)
    old = to_alice(bed, request)
    assert bed.press("alice", first, old).ok
    confirmed = now(bed, request).confirmed

    bed.press("alice", second, old)

    assert said in bed.whispers("alice")[0]
    assert now(bed, request).confirmed == confirmed
