"""What nobody can read counts as nothing: names, meanings, reasons and justifications."""

from typing import Any

import pytest

from approvals.policy.evaluate import Ask
from approvals.refusals.errors import Refused
from approvals.reviews import says_something
from tests.support.world import ALICE, BOB, World, policy

UNSEEN = [
    "\u200b",  # zero width space
    "\u200d",  # zero width joiner
    "\u2060",  # word joiner
    "\ufeff",  # zero width no-break space
    "\u00ad",  # soft hyphen
    "\u202e",  # right-to-left override
    "\u3164",  # Hangul filler
    "\u115f",  # Hangul choseong filler
    "\u1160",  # Hangul jungseong filler
    "\uffa0",  # halfwidth Hangul filler
    "\u2800",  # blank Braille pattern
    "\u17b4",  # Khmer inherent vowel
    "\u3000",  # ideographic space
    "\ufe0f",  # variation selector
    "\u0301",  # an accent on nothing
    "\U0001d159",  # null notehead
    "\U000e0041",  # tag letter
]
BLANK = [*UNSEEN, "", " \t\n", "".join(UNSEEN)]
READABLE = ["x", "INC-42", "7", "…", "?", "Zoë", "李", "김", "\u17b4ក", "\u200bBob", "⠃", "👍"]


def names(text: str) -> str:
    return " ".join(f"U+{ord(sign):04X}" for sign in text[:3]) or "empty"


@pytest.mark.parametrize("text", BLANK, ids=names)
def test_what_nobody_sees_says_nothing(text: str) -> None:
    assert not says_something(text)


@pytest.mark.parametrize("text", READABLE, ids=names)
def test_what_somebody_can_read_says_something(text: str) -> None:
    assert says_something(text)


@pytest.mark.parametrize("text", BLANK, ids=names)
def test_a_signature_that_nobody_can_read_is_none(world: World, text: str) -> None:
    world.policy = policy(("needed: 1}", "needed: 1, sign: typed}"))
    request = world.file()
    signatures: list[dict[str, Any]] = [
        {"printed_name": text, "meaning": "I approve"},
        {"printed_name": "Bob Example", "meaning": text},
    ]
    for typed in signatures:
        with pytest.raises(Refused) as refusal:
            world.press(BOB, request, **typed)
        assert refusal.value.kind == "sign_required"

    assert world.read(request).reviews == ()


@pytest.mark.parametrize("text", BLANK, ids=names)
def test_a_justification_that_nobody_can_read_is_none(world: World, text: str) -> None:
    ask = Ask(entitlement="logs", duration=None, justification=text)
    with pytest.raises(Refused) as refusal:
        world.uses.asking.file(world.identity(ALICE), ask, key="k", now=world.clock())

    assert refusal.value.kind == "justification"
    assert list(world.store.chains()) == [""]


def test_a_comment_that_nobody_can_read_is_left_out(world: World) -> None:
    request = world.file()
    denied = world.press(BOB, request, "deny", comment="\u200b\u2060").request

    assert denied.decision is not None
    assert denied.decision.comment is None
